// A picture on its way to the service, and the outlines of what was found in it.

import { Problem } from "./problems.js";

const MOST_PIXELS = 25e6;
const MOST_BYTES = 10e6;
const LOSSLESS_PIXELS = 4e6;

/**
 * {canvas, blob} of a file: drawn here, upright and no larger than the service takes, and written anew. So corners
 * come back in the canvas's own pixels, and what else a photo carries (place, device, time) stays on this device.
 */
export async function readPhoto(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Problem("decode.image");
  }
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(bitmap.width * scale));
  canvas.height = Math.max(1, Math.floor(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // what is transparent lies on white
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const lossless = file.type !== "image/jpeg" && canvas.width * canvas.height <= LOSSLESS_PIXELS;
  const attempts = [...(lossless ? [["image/png"]] : []), ["image/jpeg", 0.95], ["image/jpeg", 0.8]];
  for (const [type, quality] of attempts) {
    const blob = await new Promise((done) => canvas.toBlob(done, type, quality));
    if (blob && blob.size <= MOST_BYTES) return { canvas, blob };
  }
  throw new Problem("decode.too_large");
}

/** Draws a numbered outline around each set of corners. */
export function outline(canvas, symbols) {
  const context = canvas.getContext("2d");
  const unit = Math.max(canvas.width, canvas.height) / 400;
  symbols.forEach(({ corners }, i) => {
    context.beginPath();
    corners.forEach(([x, y]) => context.lineTo(x, y));
    context.closePath();
    context.lineJoin = "round";
    for (const [style, width] of [["#fff", 4 * unit], ["#c2185b", 2 * unit]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.stroke();
    }
    const middle = [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis] / 4, 0));
    const away = Math.hypot(corners[0][0] - middle[0], corners[0][1] - middle[1]) || 1;
    const [x, y] = [0, 1].map((axis) => corners[0][axis] + (8 * unit * (corners[0][axis] - middle[axis])) / away);
    context.fillStyle = "#c2185b";
    context.beginPath();
    context.arc(x, y, 8 * unit, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = "#fff";
    context.font = `bold ${11 * unit}px sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(i + 1), x, y);
  });
}
