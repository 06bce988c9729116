#!/usr/bin/env node
// Only what every Node can run: an older one would end with a stack trace, or in the middle of a review.
const [major, minor] = process.versions.node.split(".").map(Number)
const { FORCE_COLOR: forced, NO_COLOR: refused } = process.env
const [first, ...others] = process.argv.slice(2)

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`nominal-code: Node 22.19 or newer is needed, and this is ${process.versions.node}\n`)
  process.exitCode = 1
} else if ((first === "--help" || first === "-h") && others.length === 0 && forced === undefined) {
  const { readFileSync } = await import("node:fs")
  const name = refused === undefined && process.stdout.isTTY && process.stdout.hasColors() ? "help-coloured" : "help"
  process.stdout.on("error", ({ code, message }) => {
    if (code === "EPIPE") return
    process.stderr.write(`nominal-code: the output could not be written: ${message}\n`)
    process.exitCode = 1
  })
  process.stdout.write(readFileSync(new URL(`../lib/${name}.txt`, import.meta.url)))
} else {
  const { loadModulesOfNode, set } = await import("../lib/EngineOptions.js")
  loadModulesOfNode()
  set()
  await import("../lib/main.js")
}
