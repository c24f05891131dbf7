// In place of the package "snappy", a compiled module without a binary for this platform: what Lodestar's streams
// use of it, in plain JavaScript.
"use strict";

const { compress, uncompress } = require("snappyjs");

const later = (work) => (data, ...rest) => {
  const done = rest.pop();

  queueMicrotask(() => {
    let result;

    try {
      result = work(data);
    } catch (error) {
      return done(error);
    }
    done(null, result);
  });
};

module.exports = { compress: later(compress), compressSync: compress, uncompress: later(uncompress) };
