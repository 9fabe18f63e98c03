//! `config`, `completions` and `man`.

use super::house::{Home, fields, program};

#[test]
fn settings_are_shown_and_changed() {
    let home = Home::empty();
    let shown = home.json(["config", "show"]).ok();
    fields(&shown, &["file", "settings"]);
    assert_eq!(shown["settings"]["limits"]["prompt_max_chars"], 4100);
    assert!(!home.path().exists(), "showing makes nothing");

    let set = home.json(["config", "set", "limits.take_max_s", "30.0"]).ok();
    assert_eq!(set["settings"]["limits"]["take_max_s"], 30.0);
    home.json(["generate", "a piece", "--seconds", "31"]).error(2, "usage");
    for (name, value) in [("limits.take_max_s", "-1.0"), ("banana", "1"), ("threads", "0")] {
        let message = home.json(["config", "set", name, value]).error(2, "usage");
        assert!(message.contains(name), "{message}");
    }
    home.json(["config", "set", "limits.take_max_s", "default"]).ok();
    let shown = home.json(["config", "show"]).ok();
    assert_eq!(shown["settings"]["limits"]["take_max_s"], 600.0);

    let words = home.run(["config", "show"]);
    assert_eq!(words.code, Some(0));
    assert!(words.out.contains("prompt_max_chars = 4100") && words.err.contains("config.toml"));
    assert!(home.half_done().is_empty());
}

#[test]
fn completions_and_manual_pages_come_from_the_definitions() {
    let run = |args: &[&str]| super::house::Ran::of(program().args(args).output().unwrap());
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.out.contains("finetunes") && ran.err.is_empty(), "{shell}");
    }
    assert_eq!(run(&["completions", "csh"]).code, Some(2));
    let page = run(&["man"]);
    assert_eq!(page.code, Some(0));
    assert!(
        page.out.contains(".TH leitmotif 1") && page.out.contains("SUBCOMMANDS"),
        "{}",
        page.out
    );
    let page = run(&["man", "generate"]);
    assert!(page.out.contains("\\-\\-max\\-copy"), "{}", page.out);
    assert_eq!(run(&["man", "nonsense"]).code, Some(2));
}
