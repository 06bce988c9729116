import { execFileSync } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs"
import { env } from "node:process"

/** Memory of the machine as a file system, and what it must have free: a run needs less than a tenth. */
const memory = "/dev/shm"
const needed = 4 * 2 ** 30

/** Is there enough of it, and do programs run from there? Containers often allow 64 MB, and none. */
const isUsable = (directory: string): boolean => {
  try {
    const { bavail, bsize } = statfsSync(directory)
    if (bavail * bsize < needed) return false
    writeFileSync(`${directory}/program`, "#!/bin/sh\n", { mode: 0o755 })
    execFileSync(`${directory}/program`)
    // As /tmp: some tests start programs of another user.
    chmodSync(directory, 0o1777)
    return true
  } catch {
    return false
  }
}

const make = (): string | undefined => {
  try {
    return mkdtempSync(`${memory}/nominal-code-tests-`)
  } catch {
    return undefined
  }
}

/**
 * Gives the tests of a run a directory for temporary files in memory, until the run ends, where the machine has room and
 * nobody has chosen another: they make and remove tens of thousands of files, and nearly a third of what the
 * kernel does for git on ext4 is the search for a place for the next one.
 */
export const useMemory = (): void => {
  if (env["TMPDIR"] !== undefined) return
  const directory = make()
  if (directory === undefined) return
  const remove = () => rmSync(directory, { recursive: true, force: true })
  if (!isUsable(directory)) return remove()
  env["TMPDIR"] = directory
  process.once("exit", remove)
}
