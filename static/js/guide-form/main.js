// The guide form in the admin. Without this script the position numbers do what the handles do, the boxes remove, and the
// outline and the findings are links.
import { form, group, isRemoved, isSaved, rows } from "guide-form/rows";
import "guide-form/findings";
import { inTheirOrder } from "guide-form/order";
import { dress, dressGroup } from "guide-form/head";
import { showRemoved } from "guide-form/parts";
import { goToSection, showOutline } from "guide-form/outline";
import { guardWork } from "guide-form/unsaved";
import { comeBack } from "guide-form/return";
import { showPreview } from "guide-form/preview";

if (form && group) {
  inTheirOrder();
  dressGroup();
  for (const row of rows()) {
    dress(row, { open: !isSaved(row) });
    if (isRemoved(row)) showRemoved(row);
  }
  guardWork();
  const last = comeBack();
  showOutline();
  showPreview(last);
  if (last) goToSection(last);
  form.querySelector(".mistakes")?.focus();
}
