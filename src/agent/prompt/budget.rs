//! Text from GitHub is fitted into the context budget: the task first, then comments from the newest back.

/// What was fitted into a budget.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fitted {
    /// The task's text.
    pub(super) task: String,
    /// The comments that fit, oldest first.
    pub(super) comments: Vec<String>,
    /// How many comments were left out: the oldest.
    pub(super) left_out: usize,
    /// How many texts were cut.
    pub(super) cut: usize,
}

/// Fits the task and comments (oldest first) into so many bytes.
///
/// The task may take half where there are comments; so may a single comment of what is left, so that one of them can't push
/// all others out. Comments are kept from the newest back; the first that does not fit is left out with all before it, for
/// a gap in a conversation misleads. The newest is always kept. `note` says how many bytes were cut out of a text.
pub(super) fn fit(task: &str, comments: &[String], budget: usize, note: impl Fn(usize) -> String) -> Fitted {
    let mut cut = 0;
    let mut shorten = |text: &str, room: usize| {
        let (text, was_cut) = middle_out(text, room, &note);
        cut += usize::from(was_cut);
        text
    };
    let task = shorten(task, if comments.is_empty() { budget } else { budget / 2 });
    let room = budget.saturating_sub(task.len());
    let longest = if comments.len() == 1 { room } else { room / 2 };
    let mut left = room;
    let mut kept = Vec::new();
    for (age, comment) in comments.iter().rev().enumerate() {
        let fits = left > 0 && comment.len().min(longest) <= left;
        if age > 0 && !fits {
            break;
        }
        let text = shorten(comment, longest.min(left));
        left = left.saturating_sub(text.len());
        kept.push(text);
    }
    kept.reverse();
    let left_out = comments.len() - kept.len();
    Fitted { task, comments: kept, left_out, cut }
}

/// The text in so many bytes: three quarters for its beginning and one for its end, where logs have what matters. The note in
/// between is not counted.
fn middle_out(text: &str, room: usize, note: impl Fn(usize) -> String) -> (String, bool) {
    if text.len() <= room {
        return (text.to_owned(), false);
    }
    let head = floor(text, room - room / 4);
    let tail = ceil(text, text.len() - room / 4);
    (format!("{}\n{}\n{}", text[..head].trim_end(), note(tail - head), text[tail..].trim_start()), true)
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn ceil(text: &str, at: usize) -> usize {
    (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit_plain(task: &str, comments: &[&str], budget: usize) -> Fitted {
        let comments: Vec<String> = comments.iter().map(|text| (*text).to_owned()).collect();
        fit(task, &comments, budget, |bytes| format!("[{bytes} cut]"))
    }

    #[test]
    fn everything_stays_where_there_is_room() {
        let fitted = fit_plain("task", &["one", "two"], 100);
        assert_eq!(fitted.comments, ["one", "two"]);
        assert_eq!((fitted.left_out, fitted.cut), (0, 0));
    }

    #[test]
    fn the_newest_comments_are_kept_without_a_gap() {
        let twenty = "01234567890123456789";
        let fitted = fit_plain("task", &["short", "a longer one, in the middle", twenty, twenty], 64);
        assert_eq!(fitted.comments, [twenty, twenty]);
        assert_eq!(fitted.left_out, 2);
    }

    #[test]
    fn a_gigantic_text_is_cut_in_its_middle() {
        let fitted = fit_plain(&"0123456789".repeat(10), &[], 20);
        insta::assert_snapshot!(fitted.task, @r"
        012345678901234
        [80 cut]
        56789
        ");
        assert_eq!(fitted.cut, 1);
    }

    #[test]
    fn one_gigantic_comment_does_not_push_the_others_out() {
        let giant = "x".repeat(10_000_000);
        let fitted = fit_plain("task", &["older", &giant, "newest"], 1_000);
        assert_eq!(fitted.comments.len(), 3);
        assert_eq!((fitted.left_out, fitted.cut), (0, 1));
        assert!(fitted.comments[1].len() < 600, "{}", fitted.comments[1].len());
    }

    #[test]
    fn the_newest_comment_stays_even_in_no_room_and_characters_stay_whole() {
        let fitted = fit_plain("задача", &["старый", "новый комментарий"], 7);
        assert_eq!(fitted.comments.len(), 1);
        assert_eq!(fitted.left_out, 1);
        let none = fit_plain("задача", &["новый"], 0);
        assert_eq!(none.comments.len(), 1);
    }
}
