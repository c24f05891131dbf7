// In place of packages that no option of this chain reaches. Whoever does reach one finds that it is not there.
"use strict";

module.exports = {};
