import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import * as Git from "@nominal-code/workspace/Git"
import { Effect, FileSystem, Layer } from "effect"
import { execFileSync } from "node:child_process"
import * as CaseRepository from "../src/CaseRepository.ts"
import { findingsOf, readCandidates, readGoldens, toolsIn } from "../src/CodeReviewBench.ts"
import * as Suite from "../src/Suite.ts"

/** A directory, and a way to write files into it. */
const scratch = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "suite-" })
  const write = Effect.fnUntraced(function*(files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) {
      const file = `${directory}/${name}`
      yield* fs.makeDirectory(file.slice(0, file.lastIndexOf("/")), { recursive: true })
      yield* fs.writeFileString(file, text)
    }
  })
  return { directory, write }
})

const gitInTemporary = Layer.unwrap(
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "git-" })),
    (baseDir) => Git.layer({ baseDir })
  )
)

layer(Layer.provideMerge(gitInTemporary, NodeServices.layer))("a suite", (it) => {
  it.effect("that comes with the program has 40 cases in eight languages, half of them clean, whose lines are there", () =>
    Effect.gen(function*() {
      const { cases } = yield* Suite.read(Suite.builtIn)
      assert.lengthOf(cases, 40)
      assert.strictEqual(new Set(cases.map(({ language }) => language)).size, 8)
      assert.lengthOf(cases.filter(({ goldens }) => goldens.length === 0), 20)
      for (const { code, fixedLater, goldens, name } of cases) {
        for (const { line, path } of [...goldens, ...fixedLater]) {
          const text = code._tag === "Trees" && path !== undefined ? code.head[path] : undefined
          assert.isNotEmpty((text ?? "").split("\n")[(line ?? 0) - 1] ?? "", `${name}: ${path}:${line}`)
        }
      }
    }))

  it.effect("has cases of files, of trees and of git bundles, each a repository with two commits", () =>
    Effect.gen(function*() {
      const { directory, write } = yield* scratch
      const git = (...args: ReadonlyArray<string>) =>
        execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", "-C", `${directory}/origin`, ...args])
      yield* write({
        "suite/a.yaml": "title: \"A\\nchange\"\nbase: { \"old name.txt\": \"1\", gone.txt: x }\n" +
          "head: { \"old name.txt\": \"2é\\n\", gone.txt: null }\n",
        "suite/b/case.yaml": "title: B\nurl: https://forge.example/b\n",
        "suite/b/base/src/deep/x.txt": "1\n",
        "suite/b/head/src/deep/x.txt": "2\n",
        "suite/b/head/.gitignore": "*\n",
        "suite/c/case.yaml": "title: C\n",
        "suite/README.md": "not a case",
        "origin/x.txt": "1\n"
      })
      git("init", "-q", "-b", "base")
      git("add", ".")
      git("commit", "-qm", "Before")
      git("checkout", "-qb", "head")
      git("commit", "-qm", "After", "--allow-empty")
      git("bundle", "create", `${directory}/suite/c/case.bundle`, "base", "head")
      const { cases } = yield* Suite.read(`${directory}/suite`)
      assert.deepStrictEqual(cases.map(({ name, url }) => [name, url]), [
        ["a", "a"],
        ["b", "https://forge.example/b"],
        ["c", "c"]
      ])
      const repositoryOf = yield* CaseRepository.make(cases)
      const changed = yield* Effect.forEach(
        cases,
        (one) =>
          Effect.map(
            repositoryOf(one),
            ({ base, head, repository }) =>
              execFileSync("git", ["-C", repository, "log", "--format=%s", "--name-status", `${base}..${head}`], {
                encoding: "utf8"
              }).trim()
          )
      )
      assert.deepStrictEqual(changed, [
        "A change\n\nD\tgone.txt\nM\told name.txt",
        "B\n\nA\t.gitignore\nM\tsrc/deep/x.txt",
        "After"
      ])
    }))

  it.effect("that cannot be read says which file, and why", () =>
    Effect.gen(function*() {
      const { directory, write } = yield* scratch
      const refusal = (name: string) => Effect.flip(Suite.read(`${directory}/${name}`))
      yield* write({
        "none/README.md": "",
        "yaml/a.yaml": "title: [",
        "key/a.yaml": "title: A\nhead: {}\ngolden: []\n",
        "path/a.yaml": "title: A\nhead: { /etc/passwd: x }\n",
        "code/a.yaml": "title: A\n",
        "bundle/a/case.yaml": "title: A\n",
        "bundle/a/case.bundle": "no bundle"
      })
      assert.strictEqual((yield* refusal("nowhere")).reason, "missing")
      assert.strictEqual((yield* refusal("none")).reason, "empty")
      for (const name of ["yaml", "key", "path", "code"]) {
        const { message, reason } = yield* refusal(name)
        assert.strictEqual(reason, "unreadable")
        assert.include(message, `${name}/a.yaml`)
      }
      const [broken] = (yield* Suite.read(`${directory}/bundle`)).cases
      if (broken === undefined) return assert.fail("there is a case")
      const { reason } = yield* Effect.flip(Effect.flatMap(CaseRepository.make([broken]), (of) => of(broken)))
      assert.strictEqual(reason, "no-repository")
    }))

  it.effect("is read from Code Review Bench's goldens, with the candidates of its tools", () =>
    Effect.gen(function*() {
      const { directory, write } = yield* scratch
      const url = "https://github.com/acme/api/pull/7"
      yield* write({
        "goldens.json": JSON.stringify([
          { pr_title: "Seven", url, comments: [{ comment: "Broken", severity: "High" }, { comment: "Odd" }] }
        ]),
        "candidates.json": JSON.stringify({
          [url]: {
            one: [{ text: "It is broken", path: "src/a.ts", line: 3, source: "inline" }, { text: "x", path: null }],
            other: []
          }
        }),
        "wrong.json": "[{}]"
      })
      const [seven] = (yield* readGoldens(`${directory}/goldens.json`)).cases
      if (seven === undefined) return assert.fail("there is a case")
      assert.deepStrictEqual(seven.goldens.map(({ severity }) => severity), ["high", "medium"])
      const candidates = yield* readCandidates(`${directory}/candidates.json`)
      assert.deepStrictEqual(toolsIn(candidates), ["one", "other"])
      assert.deepEqual(findingsOf(candidates, seven, "one"), [
        { body: "It is broken", path: "src/a.ts", line: 3 },
        { body: "x" }
      ])
      assert.strictEqual((yield* Effect.flip(readGoldens(`${directory}/wrong.json`))).reason, "unreadable")
    }))
})
