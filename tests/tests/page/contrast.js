// Every visible text whose contrast with what is behind it is below arguments[0] (WCAG 2.2, 1.4.3), in words.
const least = arguments[0];
const dot = document.createElement("canvas");
dot.width = dot.height = 1;
const brush = dot.getContext("2d", { willReadFrequently: true });

// Colours over each other, the lowest first, as red, green and blue.
function mixed(colours) {
  brush.clearRect(0, 0, 1, 1);
  for (const colour of colours) {
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
  }
  return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

function behind(element) {
  const colours = ["Canvas"];
  const around = [];
  for (let one = element; one; one = one.parentElement) around.push(one);
  const top = around.findIndex((one) => one.matches("[data-modal]"));
  const counted = top < 0 ? around : around.slice(0, top + 1);
  for (const one of counted.reverse()) colours.push(getComputedStyle(one).backgroundColor);
  return colours;
}

function luminance(colour) {
  const [red, green, blue] = colour.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(element) {
  const ground = behind(element);
  const [dark, light] = [luminance(mixed(ground)), luminance(mixed([...ground, getComputedStyle(element).color]))].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const says = (element) => ["INPUT", "SELECT"].includes(element.tagName) || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
const seen = [...document.body.querySelectorAll("*")].filter((element) => says(element) && element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getClientRects().length);
const poor = seen.map((element) => [element, contrast(element)]).filter(([, ratio]) => !(ratio >= least));
return {
  looked_at: seen.length,
  body: getComputedStyle(document.body).backgroundColor,
  poor: poor.map(([element, ratio]) => `${element.tagName.toLowerCase()}.${element.className} "${element.textContent.slice(0, 30)}" ${ratio.toFixed(2)}`),
};
