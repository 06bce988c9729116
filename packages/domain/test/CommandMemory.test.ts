import { assert, it } from "@effect/vitest"
import { parse } from "@nominal-code/domain/command/CommandParser"
import { promptOf } from "@nominal-code/domain/command/Mention"
import { Option } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

const heap = () => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

it("the parser of commands keeps none of the long comments that short requests were parts of", () => {
  const before = heap()
  let greatest = before
  for (let count = 0; count < 100; count++) {
    const body = [`@nominal check number ${count} of the callers`, " ".repeat(200_000)].join("")
    assert.isTrue(Option.isSome(Option.flatMap(promptOf("nominal", body), parse)))
    if (count % 50 === 49) greatest = Math.max(greatest, heap())
  }
  assert.isBelow(greatest - before, 5_000_000)
})
