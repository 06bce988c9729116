import { layer } from "@effect/vitest"
import { Effect } from "effect"
import { running } from "../journeys/Journey.ts"
import { cases } from "./Case.ts"
import { play } from "./Play.ts"

layer(running(), { excludeTestServices: true, timeout: "2 minutes" })("a case from the field", (it) => {
  for (const [name, one] of Effect.runSync(cases)) {
    it.effect(`${name.replaceAll("-", " ")} is read as it is meant`, () => play(name, one))
  }
})
