// The page's script: formats amounts and times for the reader's locale, e-mails a receipt without leaving the page,
// and draws charts. If the script fails, the page stays as the server rendered it.
"use strict";

const locale = navigator.languages && navigator.languages.length ? navigator.languages : undefined;

/** Formats an exact decimal number as money; as text it loses no digits. */
function money(number, code, digits) {
  const options = { style: "currency", currency: code };
  if (digits !== undefined) options.minimumFractionDigits = options.maximumFractionDigits = digits;
  return new Intl.NumberFormat(locale, options).format(number);
}

/** As many decimals as the server wrote: Stripe, not the browser, decides a currency's decimals. */
function rewriteAmounts(root) {
  for (const data of root.querySelectorAll("data[value]")) {
    const [, bound, digits] = /^([<>]?)[^.]*(?:\.(\d+))?$/.exec(data.textContent) || [];
    const holder = data.closest("[data-currency]");
    if (!holder || bound === undefined) continue;
    const least = (data.value.startsWith("-") ? "-" : "") + "0." + "0".repeat((digits || "0").length - 1) + "1";
    data.textContent = bound + money(bound ? least : data.value, holder.dataset.currency, (digits || "").length);
  }
}

const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
// Days of usage are in UTC, whatever the reader's time zone.
const days = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
const months = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" });

function dateText(machine) {
  if (/^\d{4}-\d{2}$/.test(machine)) return months.format(new Date(machine + "-01T00:00:00Z"));
  if (/^\d{4}-\d{2}-\d{2}$/.test(machine)) return days.format(new Date(machine + "T00:00:00Z"));
  return moments.format(new Date(machine));
}

function rewriteTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = dateText(time.dateTime);
    if (time.dateTime.length > 10) time.title = time.dateTime;
  }
}

// MARK: Zone

const zone = moments.resolvedOptions().timeZone;

for (const field of document.querySelectorAll("input[data-zone]")) field.value = zone;
for (const name of document.querySelectorAll("[data-zone-name]")) name.textContent = zone;
for (const link of document.querySelectorAll("a[data-export]")) {
  const target = new URL(link.href);
  target.searchParams.set("timezone", zone);
  link.href = target.pathname + target.search;
}

// MARK: E-mail

const notice = document.querySelector("[data-notice]");

function say(text, isTrouble) {
  notice.textContent = text;
  notice.classList.toggle("trouble", isTrouble);
  notice.classList.toggle("done", !isTrouble);
  notice.scrollIntoView({ block: "nearest" });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = form.querySelector("button[type=submit]");
  if (!form.dataset.email || !notice) {
    if (button) button.setAttribute("aria-busy", "true");
    return;
  }
  event.preventDefault();
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.email, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    });
    const said = await answer.json();
    if (answer.ok) say(`Stripe was asked to send the receipt to ${said.email}.`, false);
    else if (answer.status === 401) say("Your session has ended. Open this page again from where you came.", true);
    else say(said.error.message, true);
  } catch {
    say("The service could not be reached. Try again in a moment.", true);
  }
  button.removeAttribute("aria-busy");
});

// A page restored from the back/forward cache must not show a button as busy.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

// MARK: Charts

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const drawn = new Map();

/** The data of a chart: exactly the values of its table, the oldest first. */
function seriesOf(figure) {
  const table = document.getElementById(figure.dataset.table);
  const headings = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows].reverse();
  const labels = rows.map((row) => row.cells[0].querySelector("time").dateTime);
  const series = [];
  for (let column = Number(figure.dataset.first); column < Number(figure.dataset.end); column += 1) {
    const values = rows.map((row) => {
      const data = row.cells[column + 1].querySelector("data");
      return data ? Number(data.value) : null;
    });
    series.push({ label: headings[column], data: values });
  }
  return { labels, series, code: table.dataset.currency };
}

/** The legend is text of the page, so that it wraps, is read aloud, and can be made larger. */
function explain(figure, series, paints) {
  const legend = document.createElement("ul");
  legend.className = "legend";
  series.forEach((one, index) => {
    const item = document.createElement("li");
    item.className = paints[index];
    item.textContent = one.label;
    legend.append(item);
  });
  figure.querySelector(".legend")?.remove();
  figure.append(legend);
}

function draw(figure) {
  const canvas = figure.querySelector("canvas");
  const { labels, series, code } = seriesOf(figure);
  const form = figure.dataset.form;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  const axis = new Intl.NumberFormat(locale, { style: "currency", currency: code, notation: "compact" });
  const isLine = form === "steps";
  const last = series.length - 1;
  const short = labels.length && labels[0].length === 7
    ? new Intl.DateTimeFormat(locale, { month: "short", year: "2-digit", timeZone: "UTC" })
    : new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", timeZone: "UTC" });
  const paints = series.map((one, index) => "s" + (index === last && /^Other \(\d+\)$/.test(one.label) ? 9 : index));
  if (form === "stack") explain(figure, series, paints);
  const datasets = series.map((one, index) => {
    const paint = colour(paints[index]);
    return {
      ...one,
      borderColor: paint,
      backgroundColor: isLine ? paint + "1f" : paint,
      borderWidth: isLine ? 2 : 0,
      fill: isLine ? "origin" : undefined,
      // Steps halfway between two days, where the tooltip changes from one to the other, so that the line at a day is
      // that day's value (https://www.chartjs.org/docs/3.9.1/charts/line.html#stepped).
      stepped: isLine ? "middle" : false,
      pointRadius: 0,
      pointHitRadius: 12,
      maxBarThickness: form === "bars" ? 56 : 28,
      categoryPercentage: form === "stack" ? 1 : 0.8,
      barPercentage: form === "stack" && labels.length > 60 ? 1 : 0.9,
      borderRadius: form === "bars" ? 4 : 0,
    };
  });
  const grid = { color: colour("line"), drawBorder: false };
  drawn.get(figure)?.destroy();
  drawn.set(figure, new Chart(canvas, {
    type: isLine ? "line" : "bar",
    data: { labels, datasets },
    options: {
      animation: still.matches ? false : { duration: 250 },
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      scales: {
        x: {
          stacked: form === "stack",
          grid: { display: false, drawBorder: false },
          ticks: {
            color: colour("muted"), maxRotation: 0, autoSkipPadding: 16,
            callback: (value) => short.format(new Date(labels[value].length === 7 ? labels[value] + "-01" : labels[value])),
          },
        },
        y: {
          stacked: form === "stack",
          beginAtZero: true,
          grid,
          ticks: { color: colour("muted"), maxTicksLimit: 5, callback: (value) => axis.format(value) },
        },
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          backgroundColor: colour("card"), titleColor: colour("text"), bodyColor: colour("text"),
          borderColor: colour("edge"), borderWidth: 1, padding: 10, boxPadding: 4,
          filter: (item) => form !== "stack" || item.raw > 0,
          callbacks: {
            title: (items) => (items.length ? dateText(items[0].label) : ""),
            label: (item) => `${item.dataset.label}: ${money(String(item.raw), code)}`,
          },
        },
      },
    },
  }));
  figure.querySelector(".plot").classList.remove("waits");
}

function drawAll() {
  const figures = document.querySelectorAll("figure[data-form]");
  if (!figures.length) return;
  if (!window.Chart) {
    for (const figure of figures) {
      const note = document.createElement("p");
      note.className = "muted";
      note.textContent = "The chart could not be loaded. Its numbers are in the table below.";
      figure.querySelector(".plot").replaceWith(note);
    }
    return;
  }
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  for (const figure of figures) draw(figure);
}

for (const plot of document.querySelectorAll(".plot")) plot.classList.add("waits");
rewriteAmounts(document);
rewriteTimes(document);
drawAll();
dark.addEventListener("change", drawAll);
