/**
 * The images: `all` holds every provider's SDK, a variant only its own. Run as a program it prints, as JSON, the images
 * that this build can publish: a variant whose provider has no layer yet would be an image that can review nothing.
 */
import { isBuilt } from "@nominal-code/config/settings/Providers"

/** The package of each variant's SDK. Every endpoint that speaks OpenAI's protocol is of the variant `openai`. */
const sdks = { anthropic: "@anthropic-ai/sdk", openai: "openai", google: "@google/genai" } as const

type Variant = keyof typeof sdks

const variants = Object.keys(sdks) as ReadonlyArray<Variant>
const built = variants.filter(isBuilt)

/** The images that can be built, by the value of `EXTRAS` that makes them. */
export const images = [
  { extras: "all", image: "nominal-code" },
  ...built.map((variant) => ({ extras: variant as string, image: `nominal-code-${variant}` }))
]

/**
 * The imports that a bundle for `extras` leaves unresolved: their code is not in it, and a process that asks for that
 * provider is told that the SDK is not installed.
 */
export const leftOut = (extras: string): ReadonlyArray<RegExp> => {
  if (!images.some((image) => image.extras === extras)) {
    const known = images.map((image) => image.extras).join(", ")
    throw new Error(`EXTRAS=${extras}: this build has no provider of that name; it has ${known}`)
  }
  return variants
    .filter((variant) => extras !== "all" && variant !== extras)
    .map((variant) => new RegExp(`^${sdks[variant]}(/|$)`))
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(images)}\n`)
