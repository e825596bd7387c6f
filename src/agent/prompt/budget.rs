//! Text from GitHub is fitted into the context budget: the task first, then what was said, from the newest back.

/// So many bytes for all texts from GitHub, given out to one claim after the other, the most important first.
///
/// A claim may take half of what is left where others follow it, and all of it where none does; what it doesn't use stays.
pub(super) struct Purse<'a> {
    left: usize,
    claims: usize,
    cut: usize,
    note: &'a dyn Fn(usize) -> String,
}

/// A thread before and after it is fitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Talk {
    /// The part of the diff that it was written on.
    pub(super) hunk: String,
    /// What was asked, and the replies, oldest first.
    pub(super) said: Vec<String>,
    /// How many replies were left out: the oldest.
    pub(super) left_out: usize,
}

impl Talk {
    fn len(&self) -> usize {
        self.hunk.len() + self.said.iter().map(String::len).sum::<usize>()
    }
}

impl<'a> Purse<'a> {
    /// So many bytes for so many claims. `note` says how many bytes were cut out of a text.
    pub(super) fn new(bytes: usize, claims: usize, note: &'a dyn Fn(usize) -> String) -> Self {
        Self { left: bytes, claims, cut: 0, note }
    }

    /// How many texts were cut.
    pub(super) fn cut(&self) -> usize {
        self.cut
    }

    /// A single text. An empty one is no claim.
    pub(super) fn one(&mut self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let room = self.share();
        let fitted = self.shorten(text, room);
        self.left = self.left.saturating_sub(fitted.len());
        fitted
    }

    /// Texts of which each gets the same room. An empty list is no claim.
    pub(super) fn equal(&mut self, texts: &[String]) -> Vec<String> {
        if texts.iter().all(String::is_empty) {
            return texts.to_vec();
        }
        let room = self.share() / texts.len();
        let fitted: Vec<String> = texts.iter().map(|text| self.shorten(text, room)).collect();
        self.left = self.left.saturating_sub(fitted.iter().map(String::len).sum());
        fitted
    }

    /// Comments, oldest first: the newest that fit.
    pub(super) fn newest(&mut self, comments: &[String]) -> Vec<String> {
        self.keep(comments, String::len, |purse, text, room| purse.shorten(text, room))
    }

    /// Threads, the one that was last written to last: the newest that fit.
    pub(super) fn threads(&mut self, threads: &[Talk]) -> Vec<Talk> {
        self.keep(threads, Talk::len, |purse, thread, room| purse.shorten_thread(thread, room))
    }

    /// Keeps from the newest back; the first that does not fit is left out with all before it, for a gap in a conversation
    /// misleads. The newest is always kept. A single one may take half of the room where there are others, so that it can't
    /// push them all out. An empty list is no claim.
    fn keep<T>(&mut self, all: &[T], len: fn(&T) -> usize, shorten: impl Fn(&mut Self, &T, usize) -> T) -> Vec<T> {
        if all.is_empty() {
            return Vec::new();
        }
        let room = self.share();
        let longest = if all.len() == 1 { room } else { room / 2 };
        let mut left = room;
        let mut kept = Vec::new();
        for (age, one) in all.iter().rev().enumerate() {
            let fits = left > 0 && len(one).min(longest) <= left;
            if age > 0 && !fits {
                break;
            }
            let fitted = shorten(self, one, longest.min(left));
            left = left.saturating_sub(len(&fitted));
            kept.push(fitted);
        }
        self.left = self.left.saturating_sub(room - left);
        kept.reverse();
        kept
    }

    /// What the next claim may take.
    fn share(&mut self) -> usize {
        self.claims = self.claims.saturating_sub(1);
        if self.claims == 0 { self.left } else { self.left / 2 }
    }

    fn shorten(&mut self, text: &str, room: usize) -> String {
        let (text, was_cut) = middle_out(text, room, self.note);
        self.cut += usize::from(was_cut);
        text
    }

    /// A quarter for the diff, of which the end matters: there stands the line that was commented on. Then what was asked, and
    /// the newest replies.
    fn shorten_thread(&mut self, thread: &Talk, room: usize) -> Talk {
        let hunk = last_lines(&thread.hunk, room / 4);
        let Some((asked, replies)) = thread.said.split_first() else {
            return Talk { hunk, ..Talk::default() };
        };
        let mut inner = Purse::new(room.saturating_sub(hunk.len()), 1 + usize::from(!replies.is_empty()), self.note);
        let mut said = vec![inner.one(asked)];
        said.extend(inner.newest(replies));
        self.cut += inner.cut;
        let left_out = thread.said.len() - said.len();
        Talk { hunk, said, left_out }
    }
}

/// The last whole lines that fit into so many bytes.
fn last_lines(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let tail = &text[ceil(text, text.len() - room)..];
    tail.split_once('\n').map_or("", |(_, whole)| whole).to_owned()
}

/// The text in so many bytes: three quarters for its beginning and one for its end, where logs have what matters. The note in
/// between is not counted.
fn middle_out(text: &str, room: usize, note: &dyn Fn(usize) -> String) -> (String, bool) {
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

    struct Fitted {
        task: String,
        comments: Vec<String>,
        left_out: usize,
        cut: usize,
    }

    fn note(bytes: usize) -> String {
        format!("[{bytes} cut]")
    }

    fn fit_plain(task: &str, comments: &[&str], budget: usize) -> Fitted {
        let all: Vec<String> = comments.iter().map(|text| (*text).to_owned()).collect();
        let mut purse = Purse::new(budget, 1 + usize::from(!all.is_empty()), &note);
        let (task, comments) = (purse.one(task), purse.newest(&all));
        Fitted { task, left_out: all.len() - comments.len(), comments, cut: purse.cut() }
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

    #[test]
    fn a_claim_leaves_half_for_those_that_follow_and_gives_back_what_it_does_not_use() {
        let mut purse = Purse::new(100, 3, &note);
        assert_eq!(purse.one("ten bytes."), "ten bytes.");
        assert_eq!(purse.one(""), "", "an empty text is no claim");
        assert_eq!(purse.one(&"x".repeat(90)).matches('x').count(), 45);
        assert!(purse.one(&"y".repeat(90)).matches('y').count() > 30);
        assert_eq!(purse.cut(), 2);
    }

    #[test]
    fn a_gigantic_thread_keeps_its_line_its_question_and_its_newest_reply() {
        let thread = Talk {
            hunk: format!("{}+the line\n", "+another line\n".repeat(100)),
            said: vec!["Round once?".to_owned(), "r".repeat(5_000), "Yes, at the end.".to_owned()],
            left_out: 0,
        };
        let kept = Purse::new(400, 1, &note).threads(&[thread]);
        assert!(
            kept[0].hunk.starts_with("+another line\n") && kept[0].hunk.ends_with("+the line\n"),
            "{}",
            kept[0].hunk
        );
        assert!(kept[0].hunk.len() <= 100);
        assert_eq!(
            (kept[0].said[0].as_str(), kept[0].said.last().unwrap().as_str()),
            ("Round once?", "Yes, at the end.")
        );
    }

    #[test]
    fn the_threads_last_written_to_are_kept() {
        let thread = |name: &str| Talk { said: vec![name.repeat(20)], ..Talk::default() };
        let kept = Purse::new(50, 1, &note).threads(&[thread("a"), thread("b"), thread("c")]);
        assert_eq!(kept, [thread("b"), thread("c")]);
    }

    #[test]
    fn texts_of_equal_right_get_equal_room() {
        let texts = ["x".repeat(1_000), "short".to_owned()];
        let fitted = Purse::new(100, 1, &note).equal(&texts);
        assert!(fitted[0].len() < 80 && fitted[1] == "short");
    }
}
