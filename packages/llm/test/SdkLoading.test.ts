import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ModelService from "../src/ModelService.ts"

const service = { provider: "openai", api: "OpenAI API", keyVariable: "OPENAI_API_KEY", sdk: "openai" } as const

it.effect("an SDK that is not there has to be installed, and one that breaks while it is loaded says how", () =>
  Effect.gen(function*() {
    const messageOf = (sdk: () => Promise<unknown>) =>
      Effect.map(Effect.flip(ModelService.load(service, sdk)), ({ message }) => message)
    for (const code of ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"]) {
      const absent = yield* messageOf(() => Promise.reject(Object.assign(new Error("no such module"), { code })))
      assert.include(absent, "Cannot load openai: install it with `npm install openai`")
    }
    const broken = yield* messageOf(() => Promise.reject(new TypeError("a.t is not a function")))
    assert.include(broken, "Cannot load openai: TypeError: a.t is not a function")
    assert.notInclude(broken, "install")
  }))
