// Accessibility and width of pages, in light and dark, at 360 and 640 pixels: node axe.js CHROMIUM FILE.html...
const fs = require("fs");
const puppeteer = require("puppeteer-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
// a letter is no page: it has no landmarks
const options = { rules: { "landmark-one-main": { enabled: false }, region: { enabled: false } } };

(async () => {
  const [executablePath, ...files] = process.argv.slice(2);
  const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox"], headless: true });
  for (const file of files) {
    for (const scheme of ["light", "dark"]) {
      for (const width of [360, 640]) {
        const page = await browser.newPage();
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        await page.goto("file://" + file);
        await page.evaluate(axe);
        const { violations } = await page.evaluate((given) => axe.run(given), options);
        const reach = await page.evaluate(() => document.documentElement.scrollWidth);
        for (const each of violations) console.log(`${file} ${scheme} ${width}: ${each.id}: ${each.nodes[0].html}`);
        if (reach > width) console.log(`${file} ${scheme} ${width}: scrolls to ${reach}`);
        await page.close();
      }
    }
  }
  await browser.close();
})();
