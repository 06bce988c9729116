/**
 * Functions that V8 compiles with the script around them, and not at their first call: those in parentheses. What a start
 * calls is compiled in the startup snapshot then, and in no process that starts from it.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { env, execPath } from "node:process"
import { parseAst } from "rolldown/parseAst"
import { Visitor } from "rolldown/utils"

/** First and last character of a function, as V8 counts them. */
const place = (start: number, end: number) => `${start}-${end}`

/** The source with the functions that were called in parentheses, if they are expressions. */
export const eager = (source: string, called: ReadonlySet<string>): string => {
  const at = new Map<number, string>()
  const insert = (character: string, offset: number) => at.set(offset, `${at.get(offset) ?? ""}${character}`)
  const wrap = ({ end, start }: { readonly start: number; readonly end: number }) => {
    if (!called.has(place(start, end))) return
    insert("(", start)
    insert(")", end)
  }
  new Visitor({ ArrowFunctionExpression: wrap, FunctionExpression: wrap })
    .visit(parseAst(source, { lang: "js", sourceType: "script" }))
  let written = ""
  let last = 0
  for (const [offset, characters] of [...at].toSorted(([one], [other]) => one - other)) {
    written += `${source.slice(last, offset)}${characters}`
    last = offset
  }
  return written + source.slice(last)
}

interface Coverage {
  readonly result: ReadonlyArray<{
    readonly url: string
    readonly functions: ReadonlyArray<{
      readonly ranges: ReadonlyArray<
        { readonly startOffset: number; readonly endOffset: number; readonly count: number }
      >
    }>
  }>
}

/** The job of a pull request, as a server gives it to a pod. */
const payload = JSON.stringify({
  version: 2,
  job: {
    id: "0".repeat(20),
    lane: { namespace: "", platform: "github", repo: "octo/shop", number: 1, bot: "nominalbot" },
    event: {
      _tag: "Lifecycle",
      kind: "pr_opened",
      pullRequest: { platform: "github", repo: "octo/shop", number: 1 },
      title: "Open the shop",
      author: "octocat",
      headSha: "0".repeat(40),
      headBranch: "shop",
      baseBranch: "main"
    },
    prompt: "",
    delivery: "snapshot",
    receivedAt: 0
  }
})

/**
 * Starts `run-job` and `serve` from a snapshot, the one until its forge answers that there is no such pull request, the
 * other until it is ready, and returns which functions of a script they have called.
 */
export const calledAtStart = async (blob: string, script: string): Promise<ReadonlySet<string>> => {
  const directory = mkdtempSync(join(tmpdir(), "nominal-code-start-"))
  const forge = createServer((_, response) => response.writeHead(404, { "content-type": "application/json" }).end("{}"))
  await once(forge.listen(0, "127.0.0.1"), "listening")
  const address = forge.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const start = (command: ReadonlyArray<string>) =>
    spawn(execPath, ["--snapshot-blob", blob, ...command], {
      cwd: directory,
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        PATH: env["PATH"],
        HOME: directory,
        NODE_V8_COVERAGE: join(directory, "coverage"),
        ALLOWED_USERS: "octocat",
        ANTHROPIC_API_KEY: "snapshot",
        GITHUB_API_BASE: `http://127.0.0.1:${port}/api/v3`,
        GITHUB_TOKEN: "snapshot",
        GITHUB_WEBHOOK_SECRET: "0123456789abcdef",
        NOMINAL_DATA_DIR: join(directory, "data"),
        REVIEWER_BOT_USERNAME: "nominalbot",
        REVIEW_JOB_PAYLOAD: payload,
        WEBHOOK_HOST: "127.0.0.1",
        WEBHOOK_PORT: "0",
        WORKSPACE_BASE_DIR: join(directory, "workspace")
      }
    })
  try {
    const job = start(["run-job"])
    const server = start(["serve", "--no-doctor"])
    const ended = Promise.all([job, server].map((one) => once(one, "exit")))
    let said = ""
    for await (const text of server.stderr.setEncoding("utf8")) {
      said += text
      const [, url] = /listening on (http:\S+:\d+),/.exec(said) ?? []
      if (url === undefined) continue
      await (await fetch(`${url}/ready`)).text()
      server.kill()
      break
    }
    await ended
    const files = readdirSync(join(directory, "coverage"))
    const covered = files.map((name): Coverage => JSON.parse(readFileSync(join(directory, "coverage", name), "utf8")))
    return new Set(
      covered.flatMap(({ result }) => result).filter(({ url }) => url.endsWith(script)).flatMap(({ functions }) =>
        functions.flatMap(({ ranges: [own] }) =>
          own !== undefined && own.count > 0 ? [place(own.startOffset, own.endOffset)] : []
        )
      )
    )
  } finally {
    forge.close()
    rmSync(directory, { recursive: true, force: true })
  }
}
