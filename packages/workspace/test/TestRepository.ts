import { Sha } from "@nominal-code/domain/event/PullRequest"
import { execFileSync } from "node:child_process"
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** Change of a path by a commit: text or bytes to write, a link to make, or null to delete. */
export type Change = string | Uint8Array | { readonly link: string } | null

/** Makes the changes in a directory. */
const apply = (directory: string, changes: Readonly<Record<string, Change>>): void => {
  for (const [path, change] of Object.entries(changes)) {
    const file = join(directory, path)
    rmSync(file, { force: true, recursive: true })
    if (change === null) continue
    mkdirSync(dirname(file), { recursive: true })
    if (typeof change === "object" && "link" in change) symlinkSync(change.link, file)
    else writeFileSync(file, change)
  }
}

const environment = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
  GIT_AUTHOR_DATE: "2025-01-02T03:04:05Z",
  GIT_COMMITTER_DATE: "2025-01-02T03:04:05Z"
}

/** A working repository that pushes to a bare one of the test server, as a contributor would. */
export class TestRepository {
  readonly directory: string
  readonly bare: string

  constructor(directory: string, bare: string) {
    this.directory = directory
    this.bare = bare
    mkdirSync(directory, { recursive: true })
    this.git("init", "--quiet", "--initial-branch=main")
    // Files are committed byte by byte, whatever attributes they ask for.
    mkdirSync(join(directory, ".git", "info"), { recursive: true })
    writeFileSync(join(directory, ".git", "info", "attributes"), "* -text !eol -ident -filter -working-tree-encoding\n")
    execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", bare], { env: environment })
  }

  git(...args: ReadonlyArray<string>): string {
    return this.gitWith("", ...args)
  }

  gitWith(input: string | Uint8Array, ...args: ReadonlyArray<string>): string {
    return execFileSync("git", args, { cwd: this.directory, env: environment, input, encoding: "utf8" }).trim()
  }

  commit(message: string, changes: Readonly<Record<string, Change>>): Sha {
    apply(this.directory, changes)
    this.git("add", "--all", "--force")
    this.git("commit", "--quiet", "--allow-empty", "--message", message)
    return this.head()
  }

  head(): Sha {
    return Sha.make(this.git("rev-parse", "HEAD"))
  }

  /** Puts a commit under a reference of the server's repository, moving it there if needed. */
  push(commit: string, ref: string): void {
    this.git("push", "--quiet", "--force", this.bare, `${commit}:${ref}`)
  }
}
