import { assert, layer } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Effect, FileSystem, Option } from "effect"
import { Workspace } from "../src/Workspace.ts"
import * as Fixture from "./Fixture.ts"

const marker = "/tmp/nominal-hostile-repository-ran"
const run = `#!/bin/sh\ntouch ${marker}\n`

/** Everything by which a repository has ever made git, or a reader of its files, do more than read. */
const hostile = {
  "hooks/post-checkout": run,
  ".githooks/post-checkout": run,
  ".husky/post-checkout": run,
  ".gitattributes": "*.txt filter=evil diff=evil text working-tree-encoding=UTF-16 eol=crlf ident\n*.bin filter=lfs\n" +
    "hidden.ts -diff binary\nexport.txt export-subst\n*.ts merge=evil\n",
  ".gitconfig": `[filter "evil"]\n\tsmudge = touch ${marker}\n[core]\n\tfsmonitor = touch ${marker}\n`,
  ".lfsconfig": "[lfs]\n\turl = http://169.254.169.254/\n",
  ".gitmodules":
    "[submodule \"x\\r\"]\n\tpath = \"sub\\r\"\n\turl = ext::sh -c touch% /tmp/x\n\tupdate = !touch /tmp/x\n",
  ".ripgreprc": `--pre=touch ${marker}\n`,
  ".rgignore": "*\n",
  ".ignore": "*\n",
  "config": `[core]\n\thooksPath = hooks\n\tpager = touch ${marker}\n`,
  "HEAD": "ref: refs/heads/main\n",
  "objects/info/alternates": "/etc\n",
  "refs/x": "",
  "passwd.txt": { link: "/etc/passwd" },
  "etc": { link: "/etc" },
  "up": { link: "../../.." },
  "dotgit": { link: ".git" },
  "self": { link: "/proc/self/environ" },
  "text.txt": "$Id$ one\ntwo\n",
  "model.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
  "hidden.ts": "export const hidden = 1\n",
  "export.txt": "$Format:%H$\n",
  "cr\r": "carriage\n",
  "dir\r/x": "return\n",
  "-rf": "dash\n",
  "--help": "dashes\n",
  "a\nb": "newline\n",
  "huge.log": Buffer.alloc(21 * 1024 * 1024, "x\n")
} as const

layer(Fixture.services, { excludeTestServices: true })("A hostile repository", (it) => {
  it.effect("runs nothing, links nowhere, and hides nothing", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { baseDir, pull, repository, request: make } = yield* Fixture.make
      const plain = pull({ "README.md": "x\n" }, hostile)
      repository.gitWith(
        `160000 ${plain.baseSha}\tsub\r\n160000 ${plain.baseSha}\tsub\n`,
        "update-index",
        "--add",
        "--index-info"
      )
      repository.git("commit", "--quiet", "--message", "submodules")
      const head = repository.head()
      repository.push(head, "refs/pull/7/head")
      const request = make(head, plain.baseSha)
      yield* Effect.gen(function*() {
        const checkout = yield* (yield* Workspace).checkout(request)
        const tool = (name: string, input: unknown) => Fixture.use(checkout, name, input)
        const read = (file_path: string) => tool("Read", { file_path })
        assert.isFalse(yield* fs.exists(marker))
        for (const name of ["passwd.txt", "etc", "up", "dotgit", "self"]) {
          assert.strictEqual(yield* read(name), `     1\t${hostile[name as "etc"].link}`)
        }
        for (const name of ["model.bin", "export.txt", "cr\r", "dir\r/x", "-rf", "a\nb"] as const) {
          const [first] = hostile[name].split("\n")
          assert.strictEqual((yield* read(name)).split("\n")[0], `     1\t${first}`, name)
        }
        assert.include((yield* Effect.flip(read("huge.log"))).message, "is larger than 20 MiB")

        const changed = yield* checkout.changedFiles
        assert.strictEqual(
          changed.find((file) => file.path === "hidden.ts")?.patch,
          "@@ -0,0 +1 @@\n+export const hidden = 1"
        )
        assert.isUndefined(changed.find((file) => file.path === "huge.log")?.patch)
        assert.deepStrictEqual(
          changed.map((file) => file.path).sort(),
          [...Object.keys(hostile), "sub", "sub\r"].sort()
        )
        assert.deepStrictEqual(yield* checkout.lines("RIGHT", RepoPath.make("passwd.txt")), Option.none())

        assert.include((yield* Effect.flip(tool("Read", { file_path: "etc/passwd" }))).message, "File not found")
        assert.strictEqual(yield* tool("Grep", { pattern: "root:" }), "No matches found for pattern: root:")
        assert.strictEqual(
          yield* tool("Grep", { pattern: "hidden" }),
          [
            "hidden.ts:1:export const hidden = 1",
            ".gitattributes:3:hidden.ts -diff binary"
          ].join("\n")
        )
        assert.strictEqual(yield* tool("Glob", { pattern: "-*" }), "--help\n-rf")
        assert.strictEqual(yield* tool("GitLog", { path: "--help" }), yield* tool("GitLog", { path: "-rf" }))
        assert.include(yield* tool("GitDiff", { path: "hidden.ts" }), "+export const hidden = 1")
        assert.isFalse(yield* fs.exists(marker))
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("whose tree holds a .git directory or a path that leads out shows nothing of it", () =>
    Effect.gen(function*() {
      const { baseDir, pull, repository, request: make } = yield* Fixture.make
      const plain = pull({ "README.md": "x\n" }, { "README.md": "y\n" })
      const blob = repository.gitWith(run, "hash-object", "-w", "--stdin")
      const tree = (name: string) => {
        const inner = repository.gitWith(`100755 blob ${blob}\tpost-checkout\n`, "mktree")
        const raw = Buffer.concat([Buffer.from(`40000 ${name}\0`), Buffer.from(inner, "hex")])
        return repository.gitWith(raw, "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
      }
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        for (const name of [".git", ".GIT", "..", "git~1", ".g\u200cit"]) {
          const commit = repository.git("commit-tree", tree(name), "-p", plain.baseSha, "-m", "evil")
          repository.push(commit, "refs/pull/7/head")
          const checkout = yield* workspace.checkout(make(commit as typeof plain.headSha, plain.baseSha))
          assert.include(yield* Fixture.use(checkout, "Glob", { pattern: "**" }), "No files matched", name)
          assert.include(yield* Fixture.use(checkout, "Grep", { pattern: "touch" }), "No matches found", name)
          yield* Effect.flip(Fixture.use(checkout, "Read", { file_path: `${name}/post-checkout` }))
        }
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("that has more files than can be listed says so", () =>
    Effect.gen(function*() {
      const { baseDir, pull, repository, request: make } = yield* Fixture.make
      const plain = pull({ "README.md": "x\n" }, { "README.md": "y\n" })
      const blob = repository.gitWith("x", "hash-object", "-w", "--stdin")
      let bomb = `100644 blob ${blob}`
      for (let level = 0; level < 6; level++) {
        const entries = Array.from({ length: 10 }, (_, index) => `${bomb}\t${index}\n`).join("")
        bomb = `040000 tree ${repository.gitWith(entries, "mktree")}`
      }
      const commit = repository.git("commit-tree", bomb.split(" ")[2] ?? "", "-p", plain.baseSha, "-m", "bomb")
      repository.push(commit, "refs/pull/7/head")
      yield* Effect.gen(function*() {
        const checkout = yield* (yield* Workspace).checkout(make(commit as typeof plain.headSha, plain.baseSha))
        const { message } = yield* Effect.flip(Fixture.use(checkout, "Glob", { pattern: "**" }))
        assert.strictEqual(message, "the commit has more than 500000 files")
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))
})
