// Puts small files into one ZIP file, uncompressed.

const UTF8_NAMES = 0x800;

/** A ZIP file of `files`, which have `name` and `bytes`. */
export function zip(files) {
  const [parts, directory] = [[], []];
  let at = 0;
  files.forEach(({ name, bytes }) => {
    const named = new TextEncoder().encode(name);
    const common = [20, UTF8_NAMES, 0, 0, 0];
    const sizes = [crc32(bytes), bytes.length, bytes.length];
    const local = record([[4, 0x04034b50], ...twos(common), ...fours(sizes), [2, named.length], [2, 0]], named);
    const rest = [...twos([named.length, 0, 0, 0, 0]), [4, 0], [4, at]];
    directory.push(record([[4, 0x02014b50], [2, 20], ...twos(common), ...fours(sizes), ...rest], named));
    parts.push(local, bytes);
    at += local.length + bytes.length;
  });
  const size = directory.reduce((sum, entry) => sum + entry.length, 0);
  const end = record([[4, 0x06054b50], ...twos([0, 0, files.length, files.length]), [4, size], [4, at], [2, 0]]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

const twos = (values) => values.map((value) => [2, value]);
const fours = (values) => values.map((value) => [4, value]);

/** Numbers of some bytes each, the lowest byte first, and what follows them. */
function record(numbers, after = new Uint8Array()) {
  const bytes = numbers.flatMap(([size, value]) => Array.from({ length: size }, (_, n) => (value >>> (8 * n)) & 0xff));
  const made = new Uint8Array(bytes.length + after.length);
  made.set(bytes);
  made.set(after, bytes.length);
  return made;
}

function crc32(bytes) {
  let sum = 0xffffffff;
  bytes.forEach((byte) => {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  });
  return (sum ^ 0xffffffff) >>> 0;
}
