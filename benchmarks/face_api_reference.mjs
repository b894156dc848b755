// What face-api itself makes of pictures: the outputs that tests/emotion/encoders/faces compares with.
//
//     npm pack @vladmandic/face-api@1.7.15 && tar xzf vladmandic-face-api-1.7.15.tgz
//     node benchmarks/face_api_reference.mjs package FACES.bin > OUT.json
//
// FACES.bin holds 112 x 112 x 3 float32 in 0 ... 255, one face after another.
import fs from "node:fs";
import path from "node:path";

const [folder, faces] = process.argv.slice(2);
const size = 112 * 112 * 3;

// The bundle takes Node for a browser without these, and a browser for Node with process.versions.
Object.defineProperty(process, "versions", { value: {} });
globalThis.window = globalThis;
globalThis.document = { createElement: () => ({}), body: {} };
for (const name of ["HTMLImageElement", "HTMLCanvasElement", "HTMLVideoElement", "ImageData", "Image"]) {
  globalThis[name] = class {};
}
const bundle = path.resolve(folder, "dist/face-api.esm.mjs");
fs.copyFileSync(path.resolve(folder, "dist/face-api.esm.js"), bundle);
const faceapi = await import(bundle);
const tf = faceapi.tf;
await tf.setBackend("cpu");
await tf.ready();

const file = (name) => fs.readFileSync(path.join(folder, "model", name));
const [{ weights }] = JSON.parse(file("face_expression_model-weights_manifest.json"));
const data = file("face_expression_model.bin");
const net = new faceapi.FaceExpressionNet();
net.loadFromWeightMap(tf.io.decodeWeights(new Uint8Array(data).buffer, weights));

const values = new Float32Array(new Uint8Array(fs.readFileSync(faces)).buffer);
const found = [];
for (let at = 0; at < values.length; at += size) {
  const face = new faceapi.NetInput([tf.tensor3d(values.slice(at, at + size), [112, 112, 3])]);
  found.push({
    features: Array.from(net.faceFeatureExtractor.forwardInput(face).dataSync()),
    scores: Array.from(net.forwardInput(face).dataSync()),
  });
}
console.log(JSON.stringify(found));
