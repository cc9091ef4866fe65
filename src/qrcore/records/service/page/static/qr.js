// The QR code of a link (ISO/IEC 18004), level M, versions 1 to 13: what the longest link with a secret needs. It is
// drawn here and not by the service, because the service must never see the secret of a sealed code.

import { utf8 } from "./bytes.js";

const CHECKS = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22]; // check codewords a block, by version (Table 9)
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9];
const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (x, y) => y % 2 === 0,
  (x, y) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** The modules, row by row, true for dark. Throws a RangeError where the text is too long. `mask` forces one, 0 to 7. */
export function encode(text, mask = null) {
  const symbol = layout(codewordsOf(text));
  if (mask !== null) return masked(symbol, mask);
  const tried = MASKS.map((_, i) => masked(symbol, i));
  return tried.reduce((best, next) => (penalty(next) < penalty(best) ? next : best));
}

const sizeOf = (version) => 17 + 4 * version;

/** Data and check codewords that a version holds (section 7.1: all modules without the function patterns). */
function capacity(version) {
  const alignments = version < 2 ? 0 : Math.floor(version / 7) + 2;
  let modules = sizeOf(version) ** 2 - 3 * 64 - 2 * (sizeOf(version) - 16) - 31;
  if (alignments) modules -= 25 * (alignments ** 2 - 3) - 10 * (alignments - 2);
  return Math.floor((version < 7 ? modules : modules - 36) / 8);
}

function codewordsOf(text) {
  const compact = [...text].every((char) => ALPHANUMERIC.includes(char));
  const bytes = utf8(text);
  for (let version = 1; version <= CHECKS.length; version++) {
    const room = capacity(version) - CHECKS[version - 1] * BLOCKS[version - 1];
    const bits = [];
    const put = (value, count) => {
      for (let i = count - 1; i >= 0; i--) bits.push((value >> i) & 1);
    };
    if (compact) {
      put(2, 4);
      put(text.length, version < 10 ? 9 : 11);
      for (let i = 0; i < text.length; i += 2) {
        const [first, second] = [...text.slice(i, i + 2)].map((char) => ALPHANUMERIC.indexOf(char));
        if (second === undefined) put(first, 6);
        else put(first * 45 + second, 11);
      }
    } else {
      put(4, 4);
      put(bytes.length, version < 10 ? 8 : 16);
      bytes.forEach((byte) => put(byte, 8));
    }
    if (bits.length > 8 * room) continue;
    put(0, Math.min(4, 8 * room - bits.length));
    while (bits.length % 8) bits.push(0);
    for (let pad = 0xec; bits.length < 8 * room; pad ^= 0xfd) put(pad, 8);
    const data = Array.from({ length: room }, (_, i) => bits.slice(8 * i, 8 * i + 8).reduce((a, bit) => 2 * a + bit));
    return { version, codewords: withChecks(data, version) };
  }
  throw new RangeError("too long for a code");
}

/** The blocks with their check codewords, interleaved (section 7.6). */
function withChecks(data, version) {
  const [count, checks] = [BLOCKS[version - 1], CHECKS[version - 1]];
  const short = Math.floor(data.length / count);
  const longer = data.length % count;
  const blocks = [];
  for (let i = 0, at = 0; i < count; i++) {
    const size = short + (i >= count - longer ? 1 : 0);
    blocks.push(data.slice(at, at + size));
    at += size;
  }
  const generator = generatorOf(checks);
  const remainders = blocks.map((block) => remainder(block, generator));
  const out = [];
  for (let i = 0; i <= short; i++) for (const block of blocks) if (i < block.length) out.push(block[i]);
  for (let i = 0; i < checks; i++) for (const rest of remainders) out.push(rest[i]);
  return out;
}

/** A product in GF(256) by the polynomial 0x11D. */
function times(a, b) {
  let out = 0;
  for (let i = 7; i >= 0; i--) out = (out << 1) ^ ((out >> 7) * 0x11d) ^ (((b >> i) & 1) * a);
  return out;
}

/** The product of (x - 2^i), highest power first, without the leading 1. */
function generatorOf(degree) {
  const out = new Array(degree).fill(0);
  out[degree - 1] = 1;
  for (let i = 0, root = 1; i < degree; i++, root = times(root, 2)) {
    for (let j = 0; j < degree; j++) out[j] = times(out[j], root) ^ (out[j + 1] ?? 0);
  }
  return out;
}

function remainder(data, generator) {
  const out = generator.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ out.shift();
    out.push(0);
    generator.forEach((coefficient, i) => (out[i] ^= times(coefficient, factor)));
  }
  return out;
}

/** {size, modules, fixed}: function patterns and, unmasked, the codewords. */
function layout({ version, codewords }) {
  const size = sizeOf(version);
  const modules = Array.from({ length: size }, () => new Array(size).fill(false));
  const fixed = Array.from({ length: size }, () => new Array(size).fill(false));
  const set = (x, y, dark) => {
    if (x < 0 || y < 0 || x >= size || y >= size) return;
    modules[y][x] = dark;
    fixed[y][x] = true;
  };
  for (let i = 0; i < size; i++) [[6, i], [i, 6]].forEach(([x, y]) => set(x, y, i % 2 === 0));
  const ring = (x, y, radius, dark) => {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) set(x + dx, y + dy, dark(Math.max(Math.abs(dx), Math.abs(dy))));
    }
  };
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) ring(x, y, 4, (d) => d !== 2 && d !== 4);
  const places = alignments(version, size);
  places.forEach((x, i) => places.forEach((y, j) => {
    const last = places.length - 1;
    if (!((i === 0 && (j === 0 || j === last)) || (i === last && j === 0))) ring(x, y, 2, (d) => d !== 1);
  }));
  for (let i = 0; i < 9; i++) {
    const format = [[8, i], [i, 8], ...(i < 8 ? [[size - 1 - i, 8], [8, size - 1 - i]] : [])];
    for (const [x, y] of format) if (!fixed[y][x]) set(x, y, false);
  }
  set(8, size - 8, true);
  if (version >= 7) {
    let bits = version;
    for (let i = 0; i < 12; i++) bits = (bits << 1) ^ ((bits >> 11) * 0x1f25);
    bits |= version << 12;
    for (let i = 0; i < 18; i++) {
      const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
      set(a, b, ((bits >> i) & 1) === 1);
      set(b, a, ((bits >> i) & 1) === 1);
    }
  }
  let at = 0;
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const y = up ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (!fixed[y][x] && at < 8 * codewords.length) {
          modules[y][x] = ((codewords[at >> 3] >> (7 - (at & 7))) & 1) === 1;
          at++;
        }
      }
    }
  }
  return { size, modules, fixed };
}

function alignments(version, size) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((size - 13) / (2 * count - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, i) => size - 7 - (count - 2 - i) * step)];
}

function masked({ size, modules, fixed }, mask) {
  const out = modules.map((row, y) => row.map((dark, x) => dark !== (!fixed[y][x] && MASKS[mask](x, y))));
  let rest = mask; // level M is 00
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const bits = ((mask << 10) | rest) ^ 0x5412;
  const bit = (i) => ((bits >> i) & 1) === 1;
  for (let i = 0; i < 15; i++) {
    const near = i < 6 ? i : i < 8 ? i + 1 : 0;
    if (i < 8) out[near][8] = bit(i);
    else out[8][i === 8 ? 7 : 14 - i] = bit(i);
    if (i < 8) out[8][size - 1 - i] = bit(i);
    else out[size - 15 + i][8] = bit(i);
  }
  return out;
}

/** How hard a mask makes reading (section 7.8.3): long runs, blocks, finder look-alikes, imbalance. */
function penalty(modules) {
  const size = modules.length;
  const columns = modules.map((_, x) => modules.map((row) => row[x]));
  let out = 0;
  let dark = 0;
  for (const line of [...modules, ...columns]) {
    const text = line.map((module) => (module ? "1" : "0")).join("");
    for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) out += run.length - 2;
    for (const pattern of ["10111010000", "00001011101"]) {
      for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) out += 40;
    }
  }
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      dark += modules[y][x] ? 1 : 0;
      const here = modules[y][x];
      if (y && x && here === modules[y - 1][x] && here === modules[y][x - 1] && here === modules[y - 1][x - 1]) out += 3;
    }
  }
  return out + 10 * Math.floor(Math.abs((20 * dark) / size ** 2 - 10));
}
