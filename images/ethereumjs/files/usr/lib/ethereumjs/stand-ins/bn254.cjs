// The curve BN254, whose tables are a part of a start: they are made when a contract asks for the first operation.
"use strict";

module.exports = {
  get bn254() {
    return require("../node_modules/@noble/curves/bn254.js").bn254;
  },
};
