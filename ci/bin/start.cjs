// Runs the command from the folder that the single executable has unpacked: its own code can only load what is built in.
require("node:module").enableCompileCache(require("node:path").join(__dirname, "../compiled"))
void import("./nominal-code.js")
