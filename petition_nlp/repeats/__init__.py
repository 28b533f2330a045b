"""The same matter again (重复诉求): clues that find likely earlier messages, and a comparison that says why.

>>> from petition_nlp import Message
>>> from petition_nlp.repeats import clues, compare, read
>>> new, old = read(Message("云汀花园7栋电梯又坏了")), read(Message("云汀花园7栋电梯停运三天"))
>>> {clue.key for clue in clues(new)} & {clue.key for clue in clues(old)} != set()
True
>>> compare(new, old).reason
'地点相同：云汀花园；楼栋门牌相同；内容相近：电梯'
"""

from petition_nlp.repeats.clues import Clue, Held, clues
from petition_nlp.repeats.likeness import Level, Likeness, Match, compare
from petition_nlp.repeats.statement import Statement, read

__all__ = ["Clue", "Held", "Level", "Likeness", "Match", "Statement", "clues", "compare", "read"]
