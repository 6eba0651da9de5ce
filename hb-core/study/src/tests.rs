//! What is committed is what the code makes.

use std::fs;

use super::*;

#[test]
fn the_page_and_its_pictures_are_those_that_the_code_makes() {
    let study = study::study();
    let page = fs::read_to_string(docs().join(PAGE)).expect("the page is there");
    let made = page::replace(&page, &study.text).expect("its marks are there");
    assert!(page == made, "docs/{PAGE} is not what the code makes: run cargo xtask detect");
    for (name, svg) in study.pictures {
        let there = fs::read_to_string(docs().join("images").join(&name)).unwrap_or_default();
        assert!(there == svg, "docs/images/{name} is not what the code makes: run cargo xtask detect");
    }
}
