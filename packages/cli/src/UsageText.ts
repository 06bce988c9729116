import { type CliError, CliOutput } from "effect/cli"
import process from "node:process"

const numbers = /^Expected a string representing a(?:n| finite| safe)* (?:number|integer)$/

/** Words for what a value should have been: Effect's, without the names of its own parts. */
const expectation = (expected: string): string => {
  const plain = expected.replace(/^Expected:? /, "").replace("Schema validation failed: ", "").replace(/^Expected /, "")
  if (numbers.test(expected)) return "a number"
  const choices = plain.split(" | ").map((choice) => choice.replaceAll("\"", ""))
  return choices.length > 1 ? `one of ${choices.join(", ")}` : plain
}

/** Sentence about a wrong argument, in the words of the command line. */
const usageText = (error: CliError.CliError): string => {
  if (error._tag !== "InvalidValue") return error.message
  const { expected, kind, option, value } = error
  const name = kind === "argument" ? `<${option}>` : `--${option}`
  const given = value === "" ? "has no value" : `"${value}"`
  return `${name} ${value === "" ? given : `cannot be ${given}`}: it takes ${expectation(expected)}`
}

const colours = process.stderr.isTTY && process.stderr.hasColors()
const usual = CliOutput.defaultFormatter({ colors: colours })

/** Output of the command line: Effect's, but for the sentences about wrong arguments. */
export const layer = CliOutput.layer({
  ...usual,
  formatErrors: (errors) => ["", "ERROR", ...errors.map((error) => `  ${usageText(error)}`)].join("\n")
})
