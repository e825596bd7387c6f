//! `manage-env gc` on a terminal: it asks before it removes, and hears every answer.

use insta::assert_snapshot;

use crate::command::Ran;
use crate::manage_env::three;
use crate::scene::Scene;

const QUESTION: &str = "[y/N] ";

fn answered(scene: &Scene, typed: &[u8]) -> Ran {
    scene.in_shop(&["manage-env", "gc"]).on_terminal(QUESTION, typed)
}

#[test]
fn a_yes_removes_what_was_named() {
    for typed in ["y\n", "Yes\n"] {
        let scene = three();
        let ran = answered(&scene, typed.as_bytes());
        assert_eq!((ran.exit, scene.there().0), (0, vec![4]), "{}", ran.stdout);
        if typed == "y\n" {
            scene.aged(|| {
                assert_snapshot!(ran.stdout, @"
            slot 1 (ai, issue #7): unused for [age]
            slot 2 (ai-repair, issue #9): unused for [age]
            Remove these 2 slots with everything in them? [y/N] y
            slot 1 (ai, issue #7): removed
            slot 2 (ai-repair, issue #9): removed
            slots: 1,2
            ");
            });
        }
    }
}

#[test]
fn anything_else_removes_nothing() {
    // The last one is Ctrl-D: nobody says anything.
    for typed in ["n\n", "\n", "yesterday\n", "\u{4}"] {
        let scene = three();
        let ran = answered(&scene, typed.as_bytes());
        assert_eq!((ran.exit, scene.there().0), (1, vec![1, 2, 4]), "{typed:?}: {}", ran.stdout);
        if typed == "n\n" {
            scene.aged(|| {
                assert_snapshot!(ran.stdout, @"
            slot 1 (ai, issue #7): unused for [age]
            slot 2 (ai-repair, issue #9): unused for [age]
            Remove these 2 slots with everything in them? [y/N] n
            nothing was removed
            ");
            });
        }
        assert!(ran.stdout.ends_with("\nnothing was removed\n"), "{typed:?}: {}", ran.stdout);
    }
}

#[test]
fn ctrl_c_at_the_question_ends_it_at_once() {
    let scene = three();
    let ran = answered(&scene, b"\x03");
    scene.aged(|| {
        assert_snapshot!(ran.stdout, @"
    slot 1 (ai, issue #7): unused for [age]
    slot 2 (ai-repair, issue #9): unused for [age]
    Remove these 2 slots with everything in them? [y/N] ^C
    warning: interrupted
    ");
    });
    assert_eq!((ran.exit, scene.there().0), (130, vec![1, 2, 4]));
    // Nothing is held: the next one asks again.
    let again = answered(&scene, b"y\n");
    assert_eq!((again.exit, scene.there().0), (0, vec![4]), "{}", again.stdout);
}

#[test]
fn who_said_yes_before_is_not_asked_on_a_terminal_either() {
    let scene = three();
    let ran = scene.in_shop(&["manage-env", "gc", "--yes"]).on_terminal(QUESTION, b"n\n");
    assert!(!ran.stdout.contains(QUESTION), "{}", ran.stdout);
    assert_eq!((ran.exit, scene.there().0), (0, vec![4]), "{}", ran.stdout);
}
