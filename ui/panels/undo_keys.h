// Undo and redo are the plan's wherever a box has nothing of its own to take back.
#pragma once

#include <QKeyEvent>
#include <QKeySequence>

namespace headroom::ui {

/// Whether a widget with the focus is asked if it wants Undo or Redo for itself. To leave them to the window: ignore the
/// event and return false.
inline bool offersUndoOrRedo(QEvent* event)
{
    if (event->type() != QEvent::ShortcutOverride)
        return false;
    const auto* key = static_cast<QKeyEvent*>(event);
    return key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo);
}

} // namespace headroom::ui
