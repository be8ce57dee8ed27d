// Where the table lies in a grid of cells: its header and its columns. Twin of tznr_platform/intake/grid.py, for tables
// whose names are known.

const SEARCHED_LINES = 30;
const SAMPLED_LINES = 60;
const TALLEST_HEADER = 3;
const MISFITS = 5;

/** {firstLine, headerLine, headers, left} of a grid without blank lines; `known`: keys of the names expected. */
function findFrame(grid, known, merges = []) {
  if (grid.length === 0) throw new FileRefused("FILE_EMPTY");
  const found = frameByNames(grid, known, merges);
  if (found) return found;
  const start = grid.slice(0, SEARCHED_LINES).findIndex((_, rank) => looksHeading(grid, rank));
  if (start < 0) throw new FileRefused(grid.length > 1 ? "FILE_UNREADABLE" : "NO_ROWS");
  const body = grid.slice(start + 1);
  if (body.length === 0) throw new FileRefused("NO_ROWS");
  const frame = framed(grid[start].line, grid[start].line, grid[start].cells, body);
  if (!looksTable(frame, body)) throw new FileRefused("FILE_UNREADABLE");
  return frame;
}

/** Whether the records fill the columns: a page of text with a few aligned words does not. */
function looksTable({ left, headers }, body) {
  const right = left + headers.length;
  const misfits = body.filter(({ cells }) => cells.length < right || cells.slice(right).some(Boolean)).length;
  const isSparse = headers.length > 2 && median(body.map(({ cells }) => filled(cells))) < 2;
  return headers.length > 1 && !isSparse && (misfits < MISFITS || misfits <= body.length / 5);
}

function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** The header that holds most names, over the fewest lines; its first lines may be merged cells. */
function frameByNames(grid, known, merges) {
  let best = null;
  for (let start = 0; start < Math.min(grid.length, SEARCHED_LINES); start += 1) {
    for (let span = 1; span <= TALLEST_HEADER; span += 1) {
      const headers = stacked(grid.slice(start, start + span), merges).map((texts) => knownName(texts, known));
      const score = [headerScore(headers, known), -span];
      if (score[0] && (best === null || isAbove(score, best.score))) best = { score, start, span, headers };
    }
    if (best && best.span === 1 && 2 * best.score[0] > filled(best.headers)) break;
  }
  if (best === null) return null;
  const lines = grid.slice(best.start, best.start + best.span);
  return framed(lines[0].line, lines.at(-1).line, best.headers, grid.slice(best.start + best.span));
}

function looksHeading(grid, rank) {
  const below = grid.slice(rank + 1, rank + 1 + SAMPLED_LINES).map(({ cells }) => filled(cells));
  const usual = below.length ? median(below) : filled(grid[rank].cells);
  return filled(grid[rank].cells) >= Math.max(0.6 * usual, Math.min(2, usual));
}

/** Drop the columns at either edge that have no name and no value. */
function framed(firstLine, headerLine, headers, below) {
  const isEmpty = (rank) => !headers[rank] && !below.some(({ cells }) => cells[rank]);
  let right = headers.length;
  while (right > 1 && isEmpty(right - 1)) right -= 1;
  let left = 0;
  while (left < right && isEmpty(left)) left += 1;
  return { firstLine, headerLine, headers: headers.slice(left, right), left: left === right ? 0 : left };
}

/** For each column the texts of its header cells, top down; a merged cell counts in all its columns. */
function stacked(lines, merges) {
  const rows = lines.map(({ line, cells }) => {
    const row = [...cells];
    for (const { top, left, right } of lines.length > 1 ? merges : []) {
      if (top + 1 === line) row.fill(row[left] ?? "", left, Math.min(right + 1, row.length));
    }
    return row;
  });
  const width = Math.max(...rows.map((row) => row.length));
  return Array.from({ length: width }, (_, rank) => rows.map((row) => row[rank] ?? "").filter(Boolean));
}

/** The one of the texts, or their sequence, that is a name we know; else all of them. */
function knownName(texts, known) {
  const together = [...new Set(texts)].join(" ");
  return [...[...texts].reverse(), together].find((text) => known.has(nameKey(text))) ?? together;
}

function headerScore(cells, known) {
  return new Set(cells.map(nameKey).filter((key) => known.has(key))).size;
}

function filled(cells) {
  return cells.filter(Boolean).length;
}
