import { render } from "preact";
import "../styles/page.css";
import { language, speak } from "../i18n/i18n.js";
import { dress, theme } from "../shared/theme.js";
import { App } from "./app.js";

speak(language.value);
dress(theme.value);
const app = document.getElementById("app");
if (app !== null) render(<App />, app);
