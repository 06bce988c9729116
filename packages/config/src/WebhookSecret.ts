import type { Setting } from "@nominal-code/domain/settings/Setting"
import { Option, Redacted } from "effect"
import type { Report } from "./Report.ts"
import type { Values } from "./Values.ts"

/** Minimum length of a webhook's secret, in bytes. A shorter one can be guessed. */
export const minSecretBytes = 16

const longEnough = (secret: string): boolean => new TextEncoder().encode(secret.trim()).length >= minSecretBytes

/** Reports a webhook's secret that is too short, or that somebody probably copied with a line break. */
export const checkSecret = (
  setting: Setting<Option.Option<Redacted.Redacted>>,
  secret: Redacted.Redacted,
  values: Values,
  report: Report
): void => {
  for (const { idle, shown, value } of values.overridden(setting)) {
    if (Option.exists(Option.flatten(value), (other) => !longEnough(Redacted.value(other)))) {
      report.warn(setting, `${shown} has fewer than ${minSecretBytes} bytes. ${idle}`)
    }
  }
  const value = Redacted.value(secret)
  if (!longEnough(value)) {
    report.problem(
      setting,
      `the secret must have at least ${minSecretBytes} bytes: openssl rand -hex 32 makes one`
    )
  }
  if (value !== value.trim()) {
    report.warn(
      setting,
      "the secret begins or ends with a space or a line break: if every delivery is answered 401, remove it"
    )
  }
}
