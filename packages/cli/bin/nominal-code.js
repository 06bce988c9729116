#!/usr/bin/env node
// Only what every Node can run: the machine's own, which this may be, may know no TypeScript.
const [major, minor] = process.versions.node.split(".").map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `nominal-code: Node 22.19 or newer is needed, and this is ${process.versions.node}. A clone has one: run npx ` +
      "nominal-code in the clone, or put its node_modules/.bin first on the PATH\n"
  )
  process.exitCode = 1
} else {
  const { loadModulesOfNode, set } = await import("../src/EngineOptions.ts")
  loadModulesOfNode()
  set()
  await import("../src/main.ts")
}
