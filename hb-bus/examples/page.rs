//! A bus in a page: a button publishes, a counter subscribes, and neither knows the other.
//!
//! `cargo run -p hb-bus --example page` runs it on a host, with a loop for the button. `cargo xtask test --only wasm`
//! compiles the same for wasm32 and clicks a real button in Chromium. Not here: a bus that a page shares with a server:
//! for that `hb_bus::guest`, or in TypeScript `hb-heartbeat/link`.

use hb_bus::bus::{Bus, Filter, Received};
use hb_bus::message::{Message, Topic};

const CLICKS: Topic = Topic::from_static("clicks");

/// Shows how often something was clicked, until the bus is closed.
fn count(bus: &Bus, mut show: impl FnMut(&str)) -> impl Future<Output = ()> {
    let mut clicks = bus.subscribe(Filter::only([CLICKS]).queue(16));
    async move {
        let mut seen = 0;
        loop {
            match clicks.recv().await {
                Received::Message { .. } => seen += 1,
                Received::Missed(more) => seen += more,
                Received::Closed => return,
            }
            show(&format!("clicked {seen} times"));
        }
    }
}

/// Whatever is clicked calls this. Publishing never waits, so it may be called from a handler of the page's.
fn clicked(bus: &Bus) {
    // A closed bus takes no more clicks, and nobody misses them.
    let _ = bus.publish(Message::new(CLICKS, ""));
}

#[cfg(not(target_family = "wasm"))]
fn main() {
    let world = hb_bus::runtime::Simulation::new(1);
    let bus = Bus::new(world.handle());
    let mut shown = Vec::new();
    let counting = count(&bus, |text| shown.push(text.to_owned()));
    (0..3).for_each(|_| clicked(&bus));
    bus.close();
    world.run(counting);
    assert_eq!(shown.last().map(String::as_str), Some("clicked 3 times"));
    println!("{}", shown.join("\n"));
}

/// Never called: a page has no `main`, and what the test below does, a page does when it is loaded.
#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(all(test, target_family = "wasm"))]
mod page {
    use std::sync::Arc;

    use hb_bus::runtime::Browser;
    use wasm_bindgen::prelude::*;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen]
    extern "C" {
        type Element;
        #[wasm_bindgen(js_namespace = document, js_name = createElement)]
        fn element(name: &str) -> Element;
        #[wasm_bindgen(method, setter = onclick)]
        fn set_onclick(this: &Element, handler: JsValue);
        #[wasm_bindgen(method)]
        fn click(this: &Element);
        #[wasm_bindgen(method, getter = textContent)]
        fn text(this: &Element) -> String;
        #[wasm_bindgen(method, setter = textContent)]
        fn set_text(this: &Element, text: &str);
    }

    #[wasm_bindgen_test]
    async fn a_real_button_is_counted_over_a_bus_in_a_page() {
        let (button, output) = (element("button"), element("output"));
        let bus = Bus::new(Arc::new(Browser));
        let counting = count(&bus, |text| output.set_text(text));
        let theirs = bus.clone();
        button.set_onclick(Closure::<dyn FnMut()>::new(move || clicked(&theirs)).into_js_value());
        (0..3).for_each(|_| button.click());
        bus.close();
        counting.await;
        assert_eq!(output.text(), "clicked 3 times");
    }
}
