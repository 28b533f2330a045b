"""The model card: what a model folder says about itself, for the people who decide whether to use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petition_nlp.classify.gate import LABEL_SLACK, MIN_LABEL_ROWS
from petition_nlp.embed.encoder import MAX_TOKENS
from petition_nlp.head_names import head_title
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.fit import MIN_DOCUMENTS
from petition_nlp.training.metrics import MIN_MACRO_ROWS


@dataclass(frozen=True)
class CardFacts:
    """What a model card is written from.

    :param report: the training report; every figure of the card comes from it.
    :param notes: Markdown by the trainer on the data's origin and habits, quoted as it stands.
    """

    name: str
    version: str
    taxonomy: Taxonomy
    report: Mapping[str, Any]
    notes: str = ""


def model_card(facts: CardFacts) -> str:
    """The card in Markdown: use, data, method, figures, limits, privacy, origin."""
    sections = [
        _opening(facts),
        _intended_use(facts),
        _data(facts),
        _method(facts),
        _figures(facts),
        *(_labels_table(facts, name, head) for name, head in facts.report["heads"].items()),
        _limits(),
        _privacy(),
        _origin(facts),
    ]
    return "\n\n".join(section.strip("\n") for section in sections) + "\n"


def _opening(facts: CardFacts) -> str:
    heads = "\n".join(
        f"- `{name}`{_chinese(name)}: {len(head['labels'])} labels" for name, head in facts.report["heads"].items()
    )
    return f"""# {facts.name}@{facts.version}

{_kind(facts)} for messages that residents send to Chinese city governments (12345, 信访, 问政).
It reads one message and gives, with calibrated probabilities:

{heads}

Labels follow taxonomy version {facts.taxonomy.version} of petition-nlp."""


def _kind(facts: CardFacts) -> str:
    return "Linear text classifiers and a small transformer" if facts.report["encoder"] else "A linear text classifier"


def _intended_use(facts: CardFacts) -> str:
    return """## Intended use

To propose where a message should go, to people who can overrule it: the console, the command line and
the API of petition-nlp. Below the solved confidence threshold a message goes to a person.

**Not intended** for deciding whether a request is justified, for refusing or closing a request without
a person, for ranking or profiling the people who write, for emergency dispatch, or for text that is not
a resident's message in Chinese. A city should train a model on its own orders before it relies on one
(`petition-nlp train`)."""


def _data(facts: CardFacts) -> str:
    report = facts.report
    leaks = report["leaks"]
    fate = "kept as the trainer asked" if leaks["kept"] else "removed before training"
    lines = [
        "## Data",
        "",
        f"- {report['rows']:,} messages in {report['groups']:,} groups of near copies (MinHash){_period(report)}.",
        f"- {leaks['rows']:,} messages held a dispatch phrase that names the answer; those were {fate}.",
        _calibration_line(report),
    ]
    for name, head in report["heads"].items():
        lines += _head_data(facts, name, head)
    return "\n".join(lines)


def _period(report: Mapping[str, Any]) -> str:
    period = report.get("period")
    if period is None:
        return ""
    undated = f"; {period['undated']:,} of them have no date" if period["undated"] else ""
    return f", from {period['first']} to {period['last']}{undated}"


def _calibration_line(report: Mapping[str, Any]) -> str:
    rows = report["calibration_rows"]
    if rows is None:
        return "- No separate calibration file: calibrated on the held-out folds of the training data."
    return (
        f"- {rows:,} further messages, never trained on, calibrate the finished model; a head with too few "
        "labels among them is calibrated on the held-out folds instead."
    )


def _head_data(facts: CardFacts, name: str, head: Mapping[str, Any]) -> list[str]:
    labels = head["labels"]
    lines = [f"- `{name}`{_chinese(name)}: {sum(labels.values()):,} labelled rows, {len(labels)} labels."]
    if balance := head.get("balance"):
        before, after = balance["without_balance"], balance["with_balance"]
        lines.append(
            f"  - Largest label {balance['largest_label']:,} rows, smallest {balance['smallest_label']:,}; "
            f"weighing the classes moves accuracy {before['accuracy']:.3f} → {after['accuracy']:.3f} and macro-F1 "
            f"{before['macro_f1']:.3f} → {after['macro_f1']:.3f} on one held-out fold."
        )
    if head["left_out"]:
        lines.append(f"  - Too rare to learn, left out: {_with_counts(facts, name, head['left_out'])}.")
    if head["left_to_people"]:
        counts = {label: labels[label] for label in head["left_to_people"]}
        lines.append(f"  - Left to people (learnt, never suggested): {_with_counts(facts, name, counts)}.")
    return lines


def _method(facts: CardFacts) -> str:
    report = facts.report
    return f"""## Method

Normalised and masked text → word 1–2-grams of the segmented text and character 1–3-grams, tf-idf
weighted (sublinear term frequency, each block of unit length) → per label the sum of a linear support
vector machine and a naive-Bayes-scaled one (NB-SVM), both on the n-grams and on the corpus's latent topics (folded
back into the n-grams' weights), classes weighed → probabilities by temperature scaling, one slope inside the margin
and one beyond it.{_noise_method(report.get("noise", False))}
{_start_method(report.get("start"))}{_encoder_method(report["encoder"])}
The figures below come from {report["folds"]}-fold cross-validation with whole groups of near copies
held out (seed {report["seed"]}){_measured_part(report)}. The calibration was fitted on the same held-out rows, so the
calibration error is a little optimistic. Which decisions need no review is a confidence threshold
solved by learn-then-test (exact binomial tests, risk 5 %) on the calibration rows in this folder: every
third row fits the calibrator, the rest solve the threshold. A department with fewer than
{MIN_LABEL_ROWS} calibration rows always goes to review, and any other from the confidence on from which its own
precision is shown to be within {LABEL_SLACK:.0%} of the target. The target precision can be changed without
training."""


def _measured_part(report: Mapping[str, Any]) -> str:
    if report["measured_folds"] == report["folds"]:
        return ""
    return f", and are of the rows in {report['measured_folds']} of the folds, as each fold fine-tunes the encoder anew"


def _noise_method(noise: bool) -> str:
    if not noise:
        return ""
    return """
Every message was learnt as it is and as a copy in which characters may be misheard, punctuation missing, or polite
words added; the encoder reads such copies alone."""


def _start_method(start: str | None) -> str:
    if start is None:
        return ""
    return f"""
Adapted from `{start}`, whose vocabulary and encoder it keeps: that model's scores and those of n-grams learnt as above
from the new orders alone, each at the scale that fits held-out orders best, are the offset of a softmax regression on
n-grams and encoder vector with a normal prior around zero. Labels that the new orders lack keep that model's opinion.
The scales were fitted to the same held-out rows as the calibration. Heads that it was not trained for are that
model's, and their figures stand in its card.
"""


def _encoder_method(encoder: Mapping[str, Any] | None) -> str:
    if encoder is None:
        return ""
    helpers = f", with {', '.join(encoder['auxiliary'])} as auxiliary labels" if encoder["auxiliary"] else ""
    return f"""
Beside them `{encoder["source"]}`, fine-tuned {encoder["epochs"]} epochs with all heads at once{helpers}: it reads
the masked text, names as one placeholder, up to {MAX_TOKENS} pieces; mean and maximum of the pieces' states are its
vector; the pieces' embeddings are frozen, and pieces of fewer than {MIN_DOCUMENTS} messages are cut into characters;
weights have 8 bits, one scale per channel. Its logits and the linear scores are added, each with a weight fitted to
held-out rows (product of experts).

Three profiles: `fast` leaves the encoder out, `balanced` has it read the messages whose matter or department the
linear heads are least sure of, `best` all. Each has its own calibration rows and thresholds.
"""


def _figures(facts: CardFacts) -> str:
    heads = facts.report["heads"]
    rows = [(f"`{name}`{_chinese(name)}", head) for name, head in heads.items()]
    parts = ["## Figures", _figures_table("head", rows), _figures_legend()]
    if facts.report["encoder"]:
        parts += ["These are of the profile `best`. The same rows without the encoder, profile `fast`:"]
        parts += [_figures_table("head", [(f"`{name}`{_chinese(name)}", head["fast"]) for name, head in heads.items()])]
    for name, head in facts.report["heads"].items():
        if head["by"]:
            parts.append(f"`{name}`{_chinese(name)} by slice of the data:")
            parts.append(_figures_table("slice", head["by"].items()))
    if grouped := [(name, head["groups"]) for name, head in heads.items() if head.get("groups")]:
        parts.append(_groups_table(grouped))
    return "\n\n".join(parts)


def _figures_table(first: str, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    rows = list(rows)
    targets = list(rows[0][1]["coverage_at"]) if rows else []
    sure = [f"sure at {target}" for target in targets]
    header = [first, "rows", "accuracy", "macro-F1", "top-3", "ECE", *sure]
    return _table(
        header,
        [
            [
                _cell(name),
                f"{head['n']:,}",
                _figure(head["accuracy"]),
                f"{_figure(head['macro_f1'])} ({head['macro_labels']} labels)",
                _figure(head["top3"]),
                f"{_figure(head['ece'])} ({_figure(head['ece_perfect'])})",
                *(f"{head['coverage_at'][target]:.1%}" for target in targets),
            ]
            for name, head in rows
        ],
    )


def _groups_table(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Named groups, of which whole ones were held out."""
    table = _table(
        ["head", "rows", "accuracy", "groups", "all right"],
        [
            [
                f"`{name}`{_chinese(name)}",
                f"{own['n']:,}",
                _figure(own["accuracy"]),
                f"{own['groups']:,}",
                f"{own['all_right']:.1%}",
            ]
            for name, own in rows
        ],
    )
    return f"Rows of named groups (contrast sets, cases), learnt from without their group:\n\n{table}"


def _figures_legend() -> str:
    return (
        f"Rows: without those left to people. Macro-F1: over labels with at least {MIN_MACRO_ROWS} rows. "
        "ECE: expected calibration error, in brackets the value that perfect calibration would give at this "
        "size. Sure at p: share of rows whose first choice reaches the threshold for precision p."
    )


def _labels_table(facts: CardFacts, name: str, head: Mapping[str, Any]) -> str:
    rows = [
        [
            f"`{_cell(row['label'])}`",
            _cell(facts.taxonomy.name(name, row["label"])),
            f"{row['n']:,}",
            _figure(row["precision"]),
            _figure(row["recall"]),
            _figure(row["f1"]),
        ]
        for row in sorted(head["per_label"], key=lambda row: -row["n"])
    ]
    table = _table(["label", "name", "rows", "precision", "recall", "F1"], rows)
    return f"### Labels of `{name}`{_chinese(name)}\n\n{table}"


def _limits() -> str:
    return """## Limits

- It repeats the dispatch habits of the data it learnt from, old unit boundaries and mistakes included; it
  does not know the law.
- Labels with few rows are weakly known: see their rows in the tables. A label that was left out is never
  suggested.
- The precision that a threshold promises holds for messages like the calibration rows. New topics,
  another city or another channel break that; measure with `petition-nlp evaluate` on your own recent
  orders.
- It reads words, not intent: irony, quoted text and several matters in one message mislead it."""


def _privacy() -> str:
    return f"""## Privacy

The folder holds n-grams and numbers, no messages. No n-gram that stands in fewer than {MIN_DOCUMENTS}
messages is kept; the pieces of an encoder's tokenizer are its publisher's, not learnt from the messages.
Telephone and identity numbers, plates, cards, accounts and house numbers are masked, and names of people,
compounds, streets and firms are replaced, before the vocabulary is built and before the encoder reads a
message; masking is by rule and may miss some."""


def _origin(facts: CardFacts) -> str:
    notes = facts.notes.strip("\n") or "The trainer gave no note on where the data comes from."
    return f"## Origin and habits\n\n{notes}"


def _chinese(head: str) -> str:
    title = head_title(head)
    return "" if title == head else f" {title}"


def _with_counts(facts: CardFacts, head: str, counts: Mapping[str, int]) -> str:
    return ", ".join(f"{_cell(facts.taxonomy.name(head, label))} ({count:,})" for label, count in counts.items())


def _figure(value: float) -> str:
    return f"{value:.3f}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    aligned = ["---" if column in ("head", "slice", "label", "name") else "---:" for column in header]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, aligned, *rows))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
