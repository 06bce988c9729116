import { assert, describe, it } from "@effect/vitest"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { git } from "@nominal-code/testing/GitHubGit"
import { ask, before, scene } from "@nominal-code/testing/GitHubScene"
import { Effect } from "effect"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

type Emulator = GitHubEmulator.GitHubEmulator

describe("files", () => {
  it.effect("come in pages, without the patch of what is binary or too long, renames with both names", () =>
    Effect.gen(function*() {
      const emulator = yield* GitHubEmulator.make({ patchLines: 100 })
      const repository = yield* emulator.addRepository("acme/shop", [
        { message: "Begin", files: { "old name.txt": before.join(""), "gone.txt": "x\n" } }
      ])
      yield* emulator.openPullRequest({
        repository,
        commits: [{
          message: "Much",
          files: {
            "old name.txt": null,
            "neuer\tName.txt": `${before.join("")}more\n`,
            "gone.txt": null,
            "logo.png": new Uint8Array([137, 80, 0, 1]),
            "long.txt": "x\n".repeat(101),
            "run.sh": { mode: "100755", content: "true" },
            "vendored": { mode: "160000", content: "a".repeat(40) }
          }
        }]
      })
      const { token } = emulator.account("bot")
      const page = (number: number) =>
        ask(emulator, "GET", `/repos/acme/shop/pulls/1/files?per_page=4&page=${number}`, { token })
      const [one, two] = [yield* page(1), yield* page(2)]
      const shown = [...one.json, ...two.json].map(({ filename, patch, previous_filename, status }) =>
        [filename, status, previous_filename ?? "", patch === undefined ? "" : patch.split("\n").at(-1)].join("|")
      )
      assert.deepStrictEqual(shown, [
        "gone.txt|removed||-x",
        "logo.png|added||",
        "long.txt|added||",
        "neuer\tName.txt|renamed|old name.txt|+more",
        "run.sh|added||\\ No newline at end of file",
        `vendored|added||+Subproject commit ${"a".repeat(40)}`
      ])
      assert.match(one.headers.get("link") ?? "", /files\?per_page=4&page=2>; rel="next", <[^>]+page=2>; rel="last"/)
      assert.match(two.headers.get("link") ?? "", /page=1>; rel="prev"/)
      assert.deepStrictEqual(emulator.violations, [])
    }))
})

describe("git over HTTP", () => {
  const fetchInto = (place: string, { origin }: Emulator, token: string, ref: string) => {
    const credentials = Buffer.from(`x-access-token:${token}`).toString("base64")
    const header = `http.extraHeader=Authorization: Basic ${credentials}`
    return git(place, ["-c", header, "fetch", "-q", `${origin}/acme/shop.git`, ref])
  }
  const place = Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "emulator-test-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )

  it.effect("serves heads, pull requests of forks and any commit by its id, to a token only", () =>
    Effect.gen(function*() {
      const { bot: { token }, emulator, repository } = yield* scene
      const pull = yield* emulator.openPullRequest({
        repository,
        fork: "stranger",
        headBranch: "main",
        commits: [{ message: "From afar", files: { "b.txt": "b\n" } }]
      })
      const old = pull.headSha
      yield* emulator.forcePush(pull, [{ message: "Otherwise", files: { "c.txt": "c\n" } }])
      const here = yield* place
      yield* git(here, ["init", "-q"])
      yield* fetchInto(here, emulator, token, "refs/pull/2/head")
      const head = yield* git(here, ["rev-parse", "FETCH_HEAD"])
      assert.strictEqual(head.toString().trim(), pull.headSha)
      yield* fetchInto(here, emulator, token, old)
      yield* git(here, ["checkout", "-q", old])
      assert.strictEqual(readFileSync(join(here, "b.txt"), "utf8"), "b\n")
      const { message } = yield* Effect.flip(fetchInto(here, emulator, "ghp_wrong", "HEAD"))
      assert.match(message, /could not read Username|Authentication failed/)
      assert.isFalse(existsSync(join(here, "c.txt")))
      assert.includeMembers(emulator.requests.map(({ operation, status }) => `${operation} ${status}`), [
        "upload-pack 200",
        "upload-pack 401"
      ])
    }))
})
