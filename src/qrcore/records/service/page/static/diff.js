// What changed between two lists of lines: by a longest common subsequence, as diff does it.

/** [{kind: "same" | "removed" | "added", line}], what was removed before what was added. */
export function diffLines(before, after) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const least = Math.min(before.length, after.length) - start;
  while (end < least && before.at(-1 - end) === after.at(-1 - end)) end++;
  const old = before.slice(start, before.length - end);
  const now = after.slice(start, after.length - end);

  // common[i][j]: how long the longest common subsequence of old from i and now from j is
  const common = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      common[i][j] = old[i] === now[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const out = before.slice(0, start).map((line) => ({ kind: "same", line }));
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      out.push({ kind: "same", line: old[i++] });
      j++;
    } else if (i < old.length && (j === now.length || common[i + 1][j] >= common[i][j + 1])) {
      out.push({ kind: "removed", line: old[i++] });
    } else {
      out.push({ kind: "added", line: now[j++] });
    }
  }
  return [...out, ...before.slice(before.length - end).map((line) => ({ kind: "same", line }))];
}
