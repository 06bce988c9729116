import { assert, it } from "@effect/vitest"
import { programOf } from "../src/UsualCommands.ts"

it("serve, with and without the doctor, and run-job start without the parser, and no other words do", () => {
  for (const args of [["serve"], ["serve", "--no-doctor"], ["run-job"]]) assert.isDefined(programOf(args))
  const others = [[], ["constructor"], ["toString"], ["__proto__"], ["serve", "--strict"], [
    "run-job",
    "--payload",
    "-"
  ]]
  for (const args of others) assert.isUndefined(programOf(args), args.join(" "))
})
