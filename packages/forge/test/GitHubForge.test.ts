import { gitHubScene } from "./ForgeScene.ts"
import { forgeSuite } from "./ForgeSuite.ts"

forgeSuite("GitHub", gitHubScene)
