/** The icon of the dashboard and the documentation. */
export const ICON_SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0a58b8"/>' +
  '<path d="M7 25 16 6l9 19m-14-7h10" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round" ' +
  'stroke-linejoin="round"/></svg>';

/** The same as a data URL, which needs no request and no route. */
export const ICON = `data:image/svg+xml,${encodeURIComponent(ICON_SVG)}`;
