// Fails, in words that any Node understands, where this one is too old for the project.
const oldest = [22, 19]
const [major, minor] = process.versions.node.split(".").map(Number)
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(
    `Node ${process.versions.node} is too old: ${oldest.join(".")} or newer is needed. npm has not installed the one of ` +
      "ci/tools/node: `cd ci/tools/node && npm ci --loglevel=http` says why. Or put a newer Node on the PATH.\n"
  )
  process.exitCode = 1
}
