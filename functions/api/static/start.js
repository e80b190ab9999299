"use strict";

// Everything is addressed relative to this page, so that it works below any path.
window.addEventListener("DOMContentLoaded", () => {
  window.ui = SwaggerUIBundle({
    url: new URL("openapi.json", window.location.href).href,
    dom_id: "#documentation",
    deepLinking: true,
    displayRequestDuration: true,
    filter: false,
    persistAuthorization: false,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
});
