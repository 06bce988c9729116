import { assert, describe } from "@effect/vitest"
import { command, nodeFlags } from "@nominal-code/testing/Command"
import { Effect, FileSystem } from "effect"
import { live, run, uncommitted } from "./Terminal.ts"

/** A hook that refuses a commit with a severe finding. */
const hook = `#!/bin/sh\nexec ${
  [process.execPath, ...nodeFlags, command].join(" ")
} review --staged --fail-on high --quiet\n`

describe("nominal-code review --staged in a pre-commit hook", () => {
  live(
    "reviews what the commit will have, also of commit -a and commit PATH, and also the first commit of a branch",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const world = yield* uncommitted("unstaged")
      const file = `${world.directory}/.git/hooks/pre-commit`
      yield* fs.makeDirectory(`${world.directory}/.git/hooks`, { recursive: true })
      yield* fs.writeFileString(file, hook)
      yield* fs.chmod(file, 0o755)
      yield* fs.writeFileString(`${world.directory}/staged.ts`, "export const unasked = 1\n")
      yield* world.git("add", "staged.ts")
      const commit = (...args: ReadonlyArray<string>) =>
        run(world, "git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "simplify", ...args)
      for (const [args, hasStaged] of [[["-a"], true], [["page.ts"], false]] as const) {
        const before = world.model.turns.length
        const { code, stderr } = yield* commit(...args)
        assert.strictEqual(code, 1, stderr)
        assert.include(stderr, "The last page is lost.")
        const [first] = world.model.turns.slice(before)
        const prompt = first?.request.prompt ?? ""
        assert.deepStrictEqual([prompt.includes("Math.floor"), prompt.includes("unasked")], [true, hasStaged], args[0])
      }
      assert.strictEqual(yield* world.git("status", "--porcelain"), " M page.ts\nA  staged.ts\n")
      yield* world.git("checkout", "-q", "--orphan", "first")
      const first = yield* commit()
      assert.deepStrictEqual([first.code, first.stderr.includes("The last page is lost.")], [1, true], first.stderr)
    })
  )
})
