/** VitePress's theme with the system's fonts, and the playground. */
import Theme from "vitepress/theme-without-fonts";
import type { Theme as ThemeType } from "vitepress";
import { defineComponent, h, onMounted, ref } from "vue";
import "./style.css";

/** Loads the playground where it is shown, and nowhere else. */
const Playground = defineComponent({
  name: "Playground",
  setup() {
    const host = ref<HTMLElement>();
    onMounted(async () => {
      const [{ mountPlayground }, snippets] = await Promise.all([
        import("../../playground/main.ts"),
        import("../generated/snippets.json"),
        import("../../explorer/explorer.css"),
        import("../../playground/playground.css"),
      ]);
      if (host.value) await mountPlayground(host.value, snippets.default);
    });
    return () => h("div", { ref: host, class: "playground-host" });
  },
});

const theme: ThemeType = {
  extends: Theme,
  enhanceApp({ app }) {
    app.component("Playground", Playground);
  },
};

export default theme;
