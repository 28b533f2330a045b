// 模型: uploads a model with its progress, then shows it in the dialog.

import { listenToUploads, Upload } from "./upload.js";

const upload = new Upload({ path: "/models", type: "application/zip", taken: show });

function show({ id }) {
  upload.rest();
  htmx.ajax("GET", `/models/${id}/added`, "#dialog-body");
}

listenToUploads(upload);
