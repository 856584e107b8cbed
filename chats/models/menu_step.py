"""The way of customers through the embedded bot's menu, a row a turn that leads somewhere: what reports are made of."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from contacts.models import StateChange
from wittybots.models import Bot


class MenuStep(models.Model):
    """Where a customer came in the menu, or why the bot passed the chat on. Written with the bot's answer
    (chats/messages/bulk.py), and never changed: ids of options and times, no words.
    """

    class How(models.TextChoices):
        """The first three come to a place of the menu; the others end there, and the chat goes to people."""

        GREETED = "greeted"
        OPTION = "option"
        BACK = "back"
        PERSON = "person"
        MISFIT = "misfit"
        PACE = "pace"

    # the step of the history with which the bot got the chat: all of one session of the bot have the same
    change = models.ForeignKey(StateChange, models.PROTECT, related_name="+", db_index=False)
    # without a constraint: who deletes a bot waits for no figures
    bot = models.ForeignKey(Bot, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    # the option's id in the tree; "": the main menu
    node = models.CharField(max_length=24, blank=True)
    how = models.CharField(max_length=7, choices=How.choices)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="menu_step_is_known",
                condition=Q(how__in=("greeted", "option", "back", "person", "misfit", "pace")),
            ),
        )
        indexes = (
            models.Index("change", "id", name="menu_steps_of_a_session"),
            models.Index("at", name="menu_steps_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.change_id} {self.how} {self.node}"
