import { assert, it } from "@effect/vitest"
import { Cause, Data, Effect, Exit, PlatformError, Runtime } from "effect"
import { TestConsole } from "effect/testing"
import process from "node:process"
import * as Ending from "../src/Ending.ts"

class Refused extends Data.TaggedError("Refused")<{ readonly message: string }> {}

class Below extends Data.TaggedError("Below")<{ readonly message: string }> {
  override readonly [Runtime.errorExitCode] = 3
}

const codeOf = (exit: Exit.Exit<unknown, unknown>) => {
  let code: number | undefined
  Ending.teardown(exit, (given) => code = given)
  return code
}

it("a command ends with 0 when it is done or was asked to stop, and with the code of its failure", () => {
  const { exitCode } = process
  assert.strictEqual(codeOf(Exit.void), 0)
  assert.strictEqual(codeOf(Exit.fail(new Refused({ message: "no key" }))), 1)
  assert.strictEqual(codeOf(Exit.fail(new Below({ message: "below the floor" }))), 3)
  assert.strictEqual(codeOf(Exit.die("a bug")), 1)
  const stopped = Exit.failCause(Cause.interrupt(1))
  try {
    process.exitCode = undefined
    assert.strictEqual(codeOf(stopped), 0)
    process.exitCode = 130
    assert.strictEqual(codeOf(stopped), 130, "the code of a command that must not be stopped")
    assert.strictEqual(codeOf(Exit.fail("and failed")), 1)
  } finally {
    process.exitCode = exitCode
  }
})

it.effect("a failure is a line with our name, whatever was thrown, and of a terminal's sequences nothing is left", () =>
  Effect.gen(function*() {
    const missing = PlatformError.systemError({
      _tag: "NotFound",
      module: "FileSystem",
      method: "readFile",
      pathOrDescriptor: "/etc/none",
      cause: { code: "ENOENT" }
    })
    for (const error of [new Error("no key"), "plain", missing, new Error("a\u001b[31mred")]) {
      yield* Ending.explain(error)
    }
    const [key, plain, file, red] = yield* TestConsole.errorLines
    assert.deepStrictEqual([key, plain, file], [
      "nominal-code: no key",
      "nominal-code: plain",
      "nominal-code: /etc/none does not exist"
    ])
    assert.notInclude(String(red), "\u001b")
  }))

it.effect("a bug is asked to be reported, with where it is", () =>
  Effect.gen(function*() {
    yield* Ending.explainDefect(new Error("undefined is no function"))
    assert.match(
      String((yield* TestConsole.errorLines)[0]),
      /^nominal-code: this is a bug, please report it: Error: undefined is no function\n +at .*Ending\.test/
    )
  }))
