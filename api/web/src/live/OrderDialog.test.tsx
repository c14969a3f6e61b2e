// @vitest-environment happy-dom
import { fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { CatalogueProvider } from "../i18n/CatalogueProvider";
import { en } from "../i18n/en";
import { OrderDialog } from "./OrderDialog";
import { keepReason } from "./recentReasons";

function dialog() {
  const order = vi.fn();
  render(
    <CatalogueProvider first={{ language: "en", messages: en, reasons: {} }}>
      <OrderDialog action="open" lane="Entry 2" close={() => {}} order={order} />
    </CatalogueProvider>,
  );
  return { order, input: screen.getByLabelText(en.order.own) };
}

describe("the question for a reason", () => {
  beforeEach(() => {
    localStorage.clear();
    document.body.replaceChildren();
  });

  it("offers what was given last first, by one digit", () => {
    keepReason("a delivery of flowers");
    const { order, input } = dialog();
    fireEvent.keyDown(input, { key: "1" });
    expect(order).toHaveBeenCalledWith("a delivery of flowers");
  });

  it("takes digits as letters once something is written", () => {
    const { order, input } = dialog();
    fireEvent.change(input, { target: { value: "car " } });
    fireEvent.keyDown(input, { key: "1" });
    expect(order).not.toHaveBeenCalled();
  });

  it("orders nothing without a reason", () => {
    const { order, input } = dialog();
    fireEvent.change(input, { target: { value: "  " } });
    fireEvent.submit(input);
    expect(order).not.toHaveBeenCalled();
    fireEvent.change(input, { target: { value: " fire drill " } });
    fireEvent.submit(input);
    expect(order).toHaveBeenCalledWith("fire drill");
  });
});
