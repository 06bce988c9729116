import { nameOf, type Setting } from "@nominal-code/domain/Setting"

/** Collector of problems and warnings, so that a user can correct all of them at once. */
export interface Report {
  /** Adds a problem. Only the first one of a setting is kept: others mostly follow from it. */
  problem(setting: Setting<unknown>, text: string): void
  warn(setting: Setting<unknown>, text: string): void
  readonly problems: () => ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
}

export const makeReport = (): Report => {
  const problems = new Map<string, string>()
  const warnings: Array<string> = []
  return {
    problem: (setting, text) => {
      const name = nameOf(setting)
      if (!problems.has(name)) problems.set(name, `${name}: ${text}`)
    },
    warn: (setting, text) => warnings.push(`${nameOf(setting)}: ${text}`),
    problems: () => [...problems.values()],
    warnings
  }
}
