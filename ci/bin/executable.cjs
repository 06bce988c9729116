// The start of the single executable: unpacks the command into a folder of this version, once, and runs it from there.
// Modules, prompts and scripts are found by their paths, and ripgrep is a program of its own, so all of them are files.
const { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } = require("node:fs")
const { createRequire } = require("node:module")
const { homedir, tmpdir } = require("node:os")
const { dirname, join } = require("node:path")
const { getAsset, getAssetKeys, getRawAsset } = require("node:sea")

const unpackInto = (directory) => {
  for (const name of getAssetKeys()) {
    const path = join(directory, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, new Uint8Array(getRawAsset(name)))
    if (name.endsWith("/bin/rg")) chmodSync(path, 0o755)
  }
}

/** The folder of this version in the user's cache: made beside its place and moved there, so that it is whole. */
const kept = () => {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "nominal-code")
  const directory = join(cache, getAsset("version", "utf8"))
  if (existsSync(directory)) return directory
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const fresh = mkdtempSync(`${directory}-`)
  try {
    unpackInto(fresh)
    renameSync(fresh, directory)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    // Another process was quicker.
    if (!existsSync(directory)) throw error
  }
  return directory
}

/** A folder for this process alone, where the home cannot be written. */
const temporary = () => {
  const directory = mkdtempSync(join(tmpdir(), "nominal-code-"))
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }))
  unpackInto(directory)
  return directory
}

let directory
try {
  directory = kept()
} catch {
  directory = temporary()
}
createRequire(join(directory, "bin/"))("./start.cjs")
