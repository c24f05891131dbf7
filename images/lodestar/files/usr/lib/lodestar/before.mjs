// What has to be there before the first module of Lodestar is evaluated.

// Node.js below 22 lacks what some dependencies use.
Promise.withResolvers ??= function () {
  const result = {};

  result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }));
  return result;
};
// Which the package of threads would have made: Lodestar takes it away again.
globalThis.self = globalThis;
// Whatever the options say, the preset is chosen when the first module is read.
process.env.LODESTAR_PRESET = "minimal";
// What it would ask git for, which is not here.
process.env.GIT_BRANCH = process.env.GIT_COMMIT = "";
