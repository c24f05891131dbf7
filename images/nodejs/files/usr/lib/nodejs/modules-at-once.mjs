// For "node --import": modules are read at once. The loader of ES modules reads each file by four tasks of other
// threads; on one processor, emulated, handing them over costs more than the reading. A client has some 2000 files.

import { promises, readFileSync } from "node:fs";

const { readFile } = promises;

// The loader alone asks with an address and nothing else.
promises.readFile = async (...args) =>
  args.length === 1 && args[0] instanceof URL ? readFileSync(args[0]) : readFile(...args);
