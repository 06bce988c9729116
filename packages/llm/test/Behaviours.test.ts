import { assert, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { behaviourSuite, table } from "./behaviourSuite.ts"
import { dialects } from "./Dialects.ts"

behaviourSuite(dialects)

it("docs/models.md has the table of what is tried here", () => {
  const page = readFileSync(new URL("../../../docs/models.md", import.meta.url), "utf8")
  assert.include(page, table(dialects.map(({ name }) => name)))
})
