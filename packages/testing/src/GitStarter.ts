import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { type ClientRequest, type IncomingMessage, request } from "node:http"
import { Socket } from "node:net"
import { tmpdir } from "node:os"
import { execPath } from "node:process"
import { fileURLToPath } from "node:url"

/** Arguments, directory and environment of a process of git. */
interface Start {
  readonly args: ReadonlyArray<string>
  readonly cwd?: string
  readonly env: Readonly<Record<string, string | undefined>>
}

const program = fileURLToPath(new URL("../bin/starter.mjs", import.meta.url))

/** Starts the small process; answers with the path of its socket, once it listens. */
const begin = (): Promise<string> => {
  const directory = mkdtempSync(`${tmpdir()}/nominal-starter-`)
  const socket = `${directory}/socket`
  const child = spawn(execPath, [program, socket], { env: {}, stdio: ["pipe", "pipe", "inherit"] })
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }))
  return new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("exit", () => reject(new Error("the starter of git has ended")))
    child.stdout.once("data", () => {
      // It ends with this process, which does not wait for it.
      child.unref()
      for (const pipe of [child.stdin, child.stdout]) if (pipe instanceof Socket) pipe.unref()
      resolve(socket)
    })
  })
}

// One for all tests of a worker, so no scope of a test owns it: with one for each emulator, every one of them would start
// Node again. It ends with the worker.
let starter: Promise<string> | undefined

/**
 * Starts git by a small process that stays. A start copies the page tables of the parent: 27 ms of a processor from a
 * worker of 400 MB, and 1 ms from a small one. The request's body is git's input, and the answer's body its output.
 */
export const startGit = (start: Start): Promise<ClientRequest> =>
  (starter ??= begin()).then((socketPath) =>
    request({
      socketPath,
      method: "POST",
      headers: { "x-start": Buffer.from(JSON.stringify(start)).toString("base64") }
    })
  )

/** End of a process of git: its exit code, unless a signal has ended it, and its stderr. */
export const endingOf = ({ trailers }: IncomingMessage): { readonly code: number | null; readonly stderr: string } =>
  JSON.parse(Buffer.from(trailers["x-ended"] ?? "bnVsbA==", "base64").toString()) ?? { code: null, stderr: "" }
