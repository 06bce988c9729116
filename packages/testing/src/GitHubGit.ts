import { Data, Effect } from "effect"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { env } from "node:process"
import { endingOf, startGit } from "./GitStarter.ts"

/** git ended with a failure. `message` is what it wrote to stderr. */
export class GitFailed extends Data.TaggedError("GitFailed")<{ readonly message: string }> {}

/** A file's new content; `null` deletes it; a mode other than 100644 makes a program, a symlink or a submodule. */
type FileChange =
  | string
  | Uint8Array
  | null
  | { readonly mode: "100755" | "120000" | "160000"; readonly content: string }

/** One commit to be made: its message and every path that it changes. */
export interface Commit {
  readonly message: string
  readonly files: Readonly<Record<string, FileChange>>
  readonly author?: string
  /** Seconds since the epoch. */
  readonly at?: number
}

/** Place of new commits: onto `parent`, to be found under every one of `refs`. */
export interface CommitPlace {
  readonly refs: readonly [string, ...Array<string>]
  readonly parent?: string | undefined
}

/** The environment of a git process that obeys no configuration but the repository's: the machine's has no say. */
export const gitEnvironment = {
  PATH: env["PATH"],
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null"
}

/** Runs git in a repository and answers with what it wrote. */
export const git = (
  directory: string,
  args: ReadonlyArray<string>,
  input?: Uint8Array
): Effect.Effect<Buffer, GitFailed> =>
  Effect.callback((resume) => {
    const failed = (message: string) => resume(Effect.fail(new GitFailed({ message: `git ${args[0]}: ${message}` })))
    const stop = new AbortController()
    startGit({ args, cwd: directory, env: gitEnvironment }).then((started) => {
      if (stop.signal.aborted) return started.destroy()
      stop.signal.addEventListener("abort", () => started.destroy())
      started.on("error", ({ message }) => failed(message))
      started.on("response", (response) => {
        const written: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => written.push(chunk))
        response.on("error", ({ message }) => failed(message))
        response.on("end", () => {
          const { code, stderr } = endingOf(response)
          if (code === 0) resume(Effect.succeed(Buffer.concat(written)))
          else failed(stderr.trim() || `it ended with ${code}`)
        })
      })
      return started.end(input)
    }, ({ message }) => failed(message))
    return Effect.sync(() => stop.abort())
  })

/** Answers of git about commits by their ids, which are the same in every repository. */
const remembered = new Map<string, Buffer>()

/** `git`, asked once for each answer. The arguments name commits by their ids only. */
export const gitOnce = (directory: string, args: ReadonlyArray<string>): Effect.Effect<Buffer, GitFailed> => {
  const key = args.join("\0")
  const known = remembered.get(key)
  return known === undefined
    ? Effect.tap(git(directory, args), (answer) => Effect.sync(() => remembered.set(key, answer)))
    : Effect.succeed(known)
}

const text = (output: Effect.Effect<Buffer, GitFailed>) => Effect.map(output, (bytes) => bytes.toString().trim())

/** The commit that a ref names. */
export const revision = (directory: string, ref: string): Effect.Effect<string, GitFailed> => {
  const file = join(directory, ref)
  return existsSync(file)
    ? Effect.sync(() => readFileSync(file, "utf8").trim())
    : text(git(directory, ["rev-parse", "--verify", "--end-of-options", ref]))
}

/** Last commit of a branch; undefined if there is none. */
export const tipOf = (directory: string, branch: string): string | undefined => {
  const file = join(directory, "refs/heads", branch)
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined
}

/** Commit at which `head` left `base`. */
export const mergeBase = (directory: string, base: string, head: string) =>
  text(gitOnce(directory, ["merge-base", base, head]))

const configuration = `[core]
\trepositoryformatversion = 0
\tbare = true
[uploadpack]
\tallowAnySHA1InWant = true
\tallowFilter = true
[http]
\treceivepack = false
`

/** Makes an empty bare repository that serves any commit by its id, as GitHub does. */
export const createBare = (directory: string, borrowFrom?: string): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const part of ["objects/info", "objects/pack", "refs/heads", "refs/tags"]) {
      mkdirSync(join(directory, part), { recursive: true })
    }
    writeFileSync(join(directory, "HEAD"), "ref: refs/heads/main\n")
    writeFileSync(join(directory, "config"), configuration)
    if (borrowFrom !== undefined) {
      writeFileSync(join(directory, "objects/info/alternates"), `${join(borrowFrom, "objects")}\n`)
    }
  })

const data = (content: Uint8Array) => [Buffer.from(`data ${content.byteLength}\n`), content, Buffer.from("\n")]

const quoted = (path: string) => `"${path.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`

const change = (path: string, content: FileChange): ReadonlyArray<Uint8Array> => {
  if (content === null) return [Buffer.from(`D ${quoted(path)}\n`)]
  if (typeof content === "string" || content instanceof Uint8Array) {
    return [Buffer.from(`M 100644 inline ${quoted(path)}\n`), ...data(Buffer.from(content))]
  }
  return content.mode === "160000"
    ? [Buffer.from(`M 160000 ${content.content} ${quoted(path)}\n`)]
    : [Buffer.from(`M ${content.mode} inline ${quoted(path)}\n`), ...data(Buffer.from(content.content))]
}

/** Writes commits with one `git fast-import`, moves the refs there, and answers with the last commit's id. */
export const commit = (
  directory: string,
  commits: readonly [Commit, ...Array<Commit>],
  { parent, refs }: CommitPlace,
  now: number
) => {
  const [ref, ...others] = refs
  const stream = commits.flatMap(({ at = now, author = "Mara Lind", files, message }, index) => {
    const who = `${author} <${author.toLowerCase().replaceAll(/\W+/g, ".")}@example.test> ${Math.floor(at)} +0000`
    // An unborn ref has to be said to start at its parent; later commits follow the one before them.
    const from = index > 0 ? `from :${index}\n` : parent === undefined ? "" : `from ${parent}\n`
    return [
      Buffer.from(`commit ${ref}\nmark :${index + 1}\nauthor ${who}\ncommitter ${who}\n`),
      ...data(Buffer.from(message)),
      Buffer.from(from),
      ...Object.entries(files).flatMap(([path, content]) => change(path, content))
    ]
  })
  const last = commits.length
  const ends = [...others.map((name) => `reset ${name}\nfrom :${last}\n\n`), `get-mark :${last}\n`]
  return text(
    git(directory, ["fast-import", "--quiet", "--force"], Buffer.concat([...stream, Buffer.from(ends.join(""))]))
  )
}

/** A commit as `git log` tells it. */
export interface LogEntry {
  readonly sha: string
  readonly tree: string
  readonly parents: ReadonlyArray<string>
  readonly name: string
  readonly email: string
  readonly date: string
  readonly message: string
}

const logOf = (range: ReadonlyArray<string>) => [
  "log",
  "-z",
  "--reverse",
  "--format=%H%n%T%n%P%n%an%n%ae%n%aI%n%B",
  ...range
]

const entries = (output: Effect.Effect<Buffer, GitFailed>) =>
  Effect.map(
    output,
    (bytes): ReadonlyArray<LogEntry> =>
      bytes.toString().split("\0").filter((entry) => entry !== "").map((entry) => {
        const [sha = "", tree = "", parents = "", name = "", email = "", date = "", ...message] = entry.split("\n")
        return {
          sha,
          tree,
          parents: parents.split(" ").filter((parent) => parent !== ""),
          name,
          email,
          date,
          message: message.join("\n").trim()
        }
      })
  )

/** The commits of `base..head`, oldest first. */
export const log = (directory: string, base: string, head: string) =>
  entries(gitOnce(directory, logOf([`${base}..${head}`])))

/** The last commit of a branch. */
export const tip = (directory: string, branch: string) => entries(git(directory, logOf(["-1", branch, "--"])))

/** Text of a file at a branch; undefined if there is none. */
export const fileAt = (directory: string, branch: string, path: string): Effect.Effect<string | undefined> =>
  text(git(directory, ["cat-file", "blob", `${branch}:${path}`])).pipe(Effect.orElseSucceed(() => undefined))

/** True if a branch has a commit. */
export const isOnBranch = (directory: string, sha: string): Effect.Effect<boolean> =>
  text(git(directory, ["for-each-ref", "--contains", sha, "--count=1", "refs/heads"])).pipe(
    Effect.map((found) => found !== ""),
    Effect.orElseSucceed(() => false)
  )
