import { Config, Effect } from "effect"

/** Size of a test that draws samples: `usually` in `make test`, `long` in `make test-long`, which sets `NOMINAL_LONG`. */
export const sized = (usually: number, long: number) =>
  Effect.map(Config.Boolean("NOMINAL_LONG").pipe(Config.withDefault(false)), (all) => all ? long : usually)
